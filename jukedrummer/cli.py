"""The command `jukedrummer`: one subcommand a rule of the workflow, and those for a single song.

Thin: every subcommand parses its options and calls the function of its name.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from jukedrummer import __version__
from jukedrummer import config as c
from jukedrummer.errors import UserError

app = typer.Typer(
    help="Plays a drum track along with a recording that has none.",
    epilog="Start with: jukedrummer accompany song.wav --model results/lm_beat_high --output out",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

USAGE_ERROR = (
    typer.BadParameter.__base__
)  # of all options that cannot be parsed; typer does not export it
INTERRUPTED = 130  # the status that typer makes of Ctrl-C

STAGES = "Stages of the workflow, each called by the rule of its name"
SONGS = "For a song of yours"
RELEASED = "For the authors' released files"

ConfigOption = Annotated[
    str,
    typer.Option(
        "--config",
        help="YAML file like config/config.yaml, or its sections as JSON; else defaults.",
    ),
]
ThreadsOption = Annotated[int, typer.Option(min=1, max=256, help="Processor threads.")]
DevicesOption = Annotated[int, typer.Option(min=1, help="Processes that share a training (DDP).")]
OutputOption = Annotated[Path, typer.Option(help="What to write; whole or not at all.")]
ManifestOption = Annotated[Path, typer.Option(help="manifest.tsv, from the stage corpus.")]
PairsOption = Annotated[list[Path], typer.Option(help="Folder of a shard of pairs; repeat.")]
FeaturesOption = Annotated[list[Path], typer.Option(help="Shard of features; repeat.")]
CodesOption = Annotated[
    list[Path], typer.Option(help="Shard of codes, in the order of the features; repeat.")
]
DrumsOption = Annotated[Path, typer.Option(help="Folder of the drums' VQ-VAE.")]
DrumlessOption = Annotated[Path, typer.Option(help="Folder of the drumless input's VQ-VAE.")]
LMOption = Annotated[Path, typer.Option(help="Folder of the language model.")]
VocoderOption = Annotated[Path, typer.Option(help="Folder of the vocoder.")]
TrackerOption = Annotated[
    Path | None, typer.Option(help="Folder of the drum_aware tracker, in place of beats.weights.")
]
PartOption = Annotated[c.Part, typer.Option(help="Which of the two VQ-VAEs.")]
ShardOption = Annotated[int, typer.Option(min=0, help="Which shard, from 0.")]
ShardsOption = Annotated[int, typer.Option(min=1, help="How many shards there are.")]
GeneratedOption = Annotated[Path, typer.Option(help="Folder from the stage generate.")]
BaselinesOption = Annotated[Path, typer.Option(help="Folder from the stage baselines.")]
CommandOption = Annotated[
    str,
    typer.Option(
        help="The shell command that makes results, up to its targets: what the tables tell.",
        envvar="JUKEDRUMMER_COMMAND",
    ),
]
COMMAND = "snakemake --cores all"
EvaluationOption = Annotated[Path, typer.Option(help="Folder from the stage evaluate.")]

SongArgument = Annotated[
    Path, typer.Argument(help="Audio file: any rate, channels and length from a second on.")
]
DeviceOption = Annotated[
    str | None, typer.Option(help="cpu or cuda; default: cuda where there is a GPU.")
]
AllThreadsOption = Annotated[
    int | None, typer.Option(min=1, max=256, help="Processor threads; default: all.")
]


def _sections(text: str, **kinds: type) -> list[Any]:
    return c.sections(text, **kinds) if text else [kind() for kind in kinds.values()]


def _with_tracker(beats: c.BeatsConfig, folder: Path | None) -> c.BeatsConfig:
    return replace(beats, weights=str(folder)) if folder else beats


def _use_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


def stage(function: Any) -> Any:
    """Register a subcommand of the workflow, under the function's own name."""
    return app.command(name=function.__name__, rich_help_panel=STAGES)(function)


@stage
def corpus(
    output: OutputOption,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render the demo.")] = 1,
    config: ConfigOption = "",
) -> None:
    """Find the songs, or compose and render the demo's; write the manifest."""
    from jukedrummer.corpus import corpus

    corpus(output, *_sections(config, corpus=c.CorpusConfig), workers)


@stage
def pairs(
    manifest: ManifestOption,
    shard: ShardOption,
    shards: ShardsOption,
    output: OutputOption,
    config: ConfigOption = "",
) -> None:
    """Turn the songs of one shard into drumless/drums pairs."""
    from jukedrummer.corpus.pairs import pairs

    pairs(manifest, shard, shards, output, *_sections(config, pairs=c.PairsConfig))


@stage
def rejected(pairs: PairsOption, output: OutputOption, config: ConfigOption = "") -> None:
    """Gather the songs that were left out; fail where they are too many."""
    from jukedrummer.corpus.pairs import rejected

    rejected(pairs, output, *_sections(config, pairs=c.PairsConfig))


@stage
def features(
    pairs: Annotated[Path, typer.Option(help="Folder of the shard of pairs.")],
    output: OutputOption,
    tracker: TrackerOption = None,
    threads: ThreadsOption = 1,
    config: ConfigOption = "",
) -> None:
    """Mels and beats of one shard, cut into clips."""
    from jukedrummer.beats.clips import features

    _use_threads(threads)
    mel, clip, beats = _sections(config, mel=c.MelConfig, clip=c.ClipConfig, beats=c.BeatsConfig)
    features(pairs, output, mel=mel, clip=clip, beats=_with_tracker(beats, tracker))


@stage
def train_tracker(
    manifest: ManifestOption,
    pairs: PairsOption,
    output: OutputOption,
    threads: ThreadsOption = 1,
    devices: DevicesOption = 1,
    config: ConfigOption = "",
) -> None:
    """Train the drum-aware beat tracker; goes on where it was stopped."""
    from jukedrummer.training.tracker import train_tracker

    _use_threads(threads)
    train_tracker(pairs, manifest, output, *_sections(config, tracker=c.TrackerConfig), devices)


@stage
def train_vqvae(
    part: PartOption,
    features: FeaturesOption,
    output: OutputOption,
    threads: ThreadsOption = 1,
    devices: DevicesOption = 1,
    config: ConfigOption = "",
) -> None:
    """Train the VQ-VAE of one part; goes on where it was stopped."""
    from jukedrummer.training.vqvae import train_vqvae

    _use_threads(threads)
    # A rule passes the part's own section; a file holds both.
    kind = c.VQVAEConfig if config.lstrip().startswith("{") else c.VQVAEParts
    mel, clip, vqvae = _sections(config, mel=c.MelConfig, clip=c.ClipConfig, vqvae=kind)
    vqvae = vqvae if kind is c.VQVAEConfig else getattr(vqvae, part)
    train_vqvae(part, features, output, mel=mel, clip=clip, vqvae=vqvae, devices=devices)


@stage
def train_vocoder(
    pairs: PairsOption,
    output: OutputOption,
    drums: Annotated[
        Path | None, typer.Option(help="Folder of the drums' VQ-VAE, for vocoder.through_vqvae.")
    ] = None,
    threads: ThreadsOption = 1,
    devices: DevicesOption = 1,
    config: ConfigOption = "",
) -> None:
    """Train the vocoder on the drums; goes on where it was stopped."""
    from jukedrummer.training.vocoder import train_vocoder

    _use_threads(threads)
    mel, vocoder = _sections(config, mel=c.MelConfig, vocoder=c.VocoderConfig)
    train_vocoder(pairs, output, mel=mel, vocoder=vocoder, drums=drums, devices=devices)


@stage
def codes(
    features: Annotated[Path, typer.Option(help="The shard of features.")],
    drums: DrumsOption,
    drumless: DrumlessOption,
    output: OutputOption,
    threads: ThreadsOption = 1,
    config: ConfigOption = "",
) -> None:
    """Encode the mels of one shard with both VQ-VAEs."""
    from jukedrummer.stages.codes import codes

    _use_threads(threads)
    mel, clip = _sections(config, mel=c.MelConfig, clip=c.ClipConfig)
    codes(features, drums, drumless, output, mel=mel, clip=clip)


@stage
def train_lm(
    features: FeaturesOption,
    codes: CodesOption,
    output: OutputOption,
    threads: ThreadsOption = 1,
    devices: DevicesOption = 1,
    config: ConfigOption = "",
) -> None:
    """Train the language model over drum codes; goes on where it was stopped."""
    from jukedrummer.training.lm import train_lm

    _use_threads(threads)
    mel, clip, lm = _sections(config, mel=c.MelConfig, clip=c.ClipConfig, lm=c.LMConfig)
    train_lm(features, codes, output, mel=mel, clip=clip, lm=lm, devices=devices)


@stage
def generate(
    pairs: PairsOption,
    drums: DrumsOption,
    drumless: DrumlessOption,
    lm: LMOption,
    vocoder: VocoderOption,
    output: OutputOption,
    tracker: TrackerOption = None,
    threads: ThreadsOption = 1,
    config: ConfigOption = "",
) -> None:
    """Play along with every held-out song."""
    from jukedrummer.stages.generate import generate

    _use_threads(threads)
    beats, settings = _sections(config, beats=c.BeatsConfig, generate=c.GenerateConfig)
    models = {"drums": drums, "drumless": drumless, "lm": lm, "vocoder": vocoder}
    generate(pairs, models, output, beats=_with_tracker(beats, tracker), generate=settings)


@stage
def baselines(
    manifest: ManifestOption,
    pairs: PairsOption,
    songs: Annotated[
        list[Path], typer.Option(help="Table of the songs beside a shard of features; repeat.")
    ],
    drums: DrumsOption,
    vocoder: VocoderOption,
    output: OutputOption,
    tracker: TrackerOption = None,
    threads: ThreadsOption = 1,
    config: ConfigOption = "",
) -> None:
    """Make and judge the rungs of the ladder that all experiments share."""
    from jukedrummer.evaluation.baselines import baselines
    from jukedrummer.songs.drummer import load_codec

    _use_threads(threads)
    evaluate, beats = _sections(config, evaluate=c.EvaluateConfig, beats=c.BeatsConfig)
    baselines(
        manifest,
        pairs,
        songs,
        load_codec(drums, vocoder),
        output,
        evaluate=evaluate,
        beats=_with_tracker(beats, tracker),
    )


@stage
def evaluate(
    manifest: ManifestOption,
    pairs: PairsOption,
    features: FeaturesOption,
    codes: CodesOption,
    lm: LMOption,
    generated: GeneratedOption,
    baselines: BaselinesOption,
    output: OutputOption,
    threads: ThreadsOption = 1,
    config: ConfigOption = "",
) -> None:
    """Judge one experiment's drums beside the baselines, and whether its model listens."""
    from jukedrummer.evaluation.evaluate import evaluate
    from jukedrummer.training.lm import language

    _use_threads(threads)
    settings, beats = _sections(config, evaluate=c.EvaluateConfig, beats=c.BeatsConfig)
    predicted = language(lm, features, codes)
    evaluate(
        manifest=manifest,
        pairs=pairs,
        generated=generated,
        baselines=baselines,
        language=predicted.bits,
        accuracy=predicted.accuracy["true_input"],
        output=output,
        evaluate=settings,
        beats=beats,
    )


@stage
def beat_tracking(
    manifest: ManifestOption,
    pairs: PairsOption,
    output: Annotated[Path, typer.Option(help="Folder of the table's files; made if needed.")],
    tracker: TrackerOption = None,
    command: CommandOption = COMMAND,
    threads: ThreadsOption = 1,
    config: ConfigOption = "",
) -> None:
    """Compare beat trackers on full mixes, drumless recordings and drums alone."""
    from jukedrummer.evaluation.beat_tracking import beat_tracking

    _use_threads(threads)
    beats, evaluate, tables = _sections(
        config, beats=c.BeatsConfig, evaluate=c.EvaluateConfig, tables=c.TablesConfig
    )
    beat_tracking(
        manifest,
        pairs,
        tracker,
        output,
        beats=beats,
        evaluate=evaluate,
        tables=tables,
        command=command,
    )


@stage
def tables(
    lm: Annotated[
        list[Path], typer.Option(help="Folder of a language model, named like its run; repeat.")
    ],
    evaluation: Annotated[
        list[Path],
        typer.Option(help="Folder from the stage evaluate, in the order of the models; repeat."),
    ],
    vqvae: Annotated[list[Path], typer.Option(help="Folder of a VQ-VAE; repeat.")],
    output: OutputOption,
    command: CommandOption = COMMAND,
) -> None:
    """The paper's comparison: what was kept, what is predicted, how rhythmic it is; means over seeds."""
    from jukedrummer.evaluation.tables import tables

    tables(lm, evaluation, vqvae, output, command)


@stage
def bundle(
    manifest: ManifestOption,
    pairs: PairsOption,
    drums: DrumsOption,
    drumless: DrumlessOption,
    lm: LMOption,
    vocoder: VocoderOption,
    generated: GeneratedOption,
    evaluation: EvaluationOption,
    output: OutputOption,
    tracker: TrackerOption = None,
    command: CommandOption = COMMAND,
    config: ConfigOption = "",
) -> None:
    """Gather all that is needed to play, and to judge it: results/lm_*."""
    from jukedrummer.stages.bundle import bundle

    evaluate, beats, settings = _sections(
        config, evaluate=c.EvaluateConfig, beats=c.BeatsConfig, generate=c.GenerateConfig
    )
    bundle(
        manifest=manifest,
        pairs=pairs,
        models={"drums": drums, "drumless": drumless, "lm": lm, "vocoder": vocoder},
        generated=generated,
        evaluation=evaluation,
        output=output,
        evaluate=evaluate,
        beats=_with_tracker(beats, tracker),
        generate=settings,
        command=command,
    )


@app.command(rich_help_panel=SONGS)
def accompany(
    song: SongArgument,
    model: Annotated[Path, typer.Option(help="Bundle to play with.")] = Path(
        "results/lm_beat_high"
    ),
    output: Annotated[Path, typer.Option(help="Folder for the results; made if needed.")] = Path(
        "out"
    ),
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same drums; default: the bundle's.")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(help="0.01 to 10; higher is bolder; default: the bundle's.")
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(help="0.01 to 1; lower is safer; default: the bundle's.")
    ] = None,
    guidance: Annotated[
        float | None, typer.Option(help="0 to 10; above 1 the recording counts more.")
    ] = None,
    beats: Annotated[
        Path | None,
        typer.Option(
            help="File of the song's beats (seconds, bar position); the beat is not tracked then."
        ),
    ] = None,
    bpm: Annotated[
        float | None, typer.Option(help="Or a steady tempo, 20 to 400, from --first-downbeat on.")
    ] = None,
    meter: Annotated[
        int | None,
        typer.Option(
            help="Beats a bar, 1 to 16, for --bpm (default 4), or --beats without bar positions."
        ),
    ] = None,
    first_downbeat: Annotated[
        float | None,
        typer.Option(help="Seconds at which a bar starts, for the same two; default: the first."),
    ] = None,
    device: DeviceOption = None,
    threads: AllThreadsOption = None,
) -> None:
    """Play drums along with a recording: writes drums.wav, mix.wav, beats.tsv and accompaniment.json."""
    from jukedrummer.beats.given import GivenBeats
    from jukedrummer.songs.accompany import accompany

    if threads:
        _use_threads(threads)
    known = GivenBeats(beats, bpm, meter, first_downbeat)
    given = {"seed": seed, "temperature": temperature, "top_p": top_p, "guidance": guidance}
    settings = {name: value for name, value in given.items() if value is not None}
    folder = accompany(song, model, output, settings, device, known)
    typer.echo(f"Play {folder / 'mix.wav'}; the drums alone are {folder / 'drums.wav'}.")


@app.command(rich_help_panel=SONGS)
def beats(
    song: SongArgument,
    output: Annotated[Path, typer.Option(help="Folder for the results; made if needed.")] = Path(
        "out"
    ),
    model: Annotated[
        Path | None,
        typer.Option(
            help="Bundle whose tracker and settings listen: what accompany --model will follow."
        ),
    ] = None,
    tracker: Annotated[
        str | None,
        typer.Option(help="madmom, drum_aware or beat_this; default: madmom, or the bundle's."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="drum_aware: folder of its model; beat_this: its checkpoint file."),
    ] = None,
    min_bpm: Annotated[
        float | None,
        typer.Option(
            help=f"Slowest tempo, 20 to 300; default: {c.BeatsConfig.min_bpm:g}, or the bundle's."
        ),
    ] = None,
    max_bpm: Annotated[
        float | None,
        typer.Option(
            help=f"Fastest tempo, 40 to 400; default: {c.BeatsConfig.max_bpm:g}, or the bundle's."
        ),
    ] = None,
    beats_per_bar: Annotated[
        list[int] | None,
        typer.Option(
            help="Meter to expect, 2 to 12; repeat for several; default: 3 and 4, or the bundle's."
        ),
    ] = None,
    device: DeviceOption = None,
    threads: AllThreadsOption = None,
) -> None:
    """Show and sound the beat of a song: writes beats.tsv, beats.png and clicks.wav.

    Listen to clicks.wav first. At twice or half the tempo, narrow --min-bpm and --max-bpm. Where bars start
    on the wrong beat, name the meter. Or edit beats.tsv, and give it to jukedrummer accompany with --beats.
    """
    from jukedrummer.songs.accompany import checked_device
    from jukedrummer.songs.beats import beats

    if threads:
        _use_threads(threads)
    settings = {
        "tracker": tracker,
        "weights": weights,
        "min_bpm": min_bpm,
        "max_bpm": max_bpm,
        "beats_per_bar": beats_per_bar or None,
    }
    chosen = {name: value for name, value in settings.items() if value is not None}
    typer.echo(beats(song, output, chosen, checked_device(device), model))


@app.command("import-checkpoint", rich_help_panel=RELEASED)
def import_checkpoint(
    output: OutputOption,
    file: Annotated[Path | None, typer.Argument(help="One released file; with --kind.")] = None,
    kind: Annotated[
        c.Kind | None,
        typer.Option(help="What the file holds: vq1_*.pkl, exp*.pkl, generator, RNNBeatProc.pth."),
    ] = None,
    part: Annotated[
        c.Part | None, typer.Option(help="vqvae: where the file does not tell.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Folder with the released files: makes a bundle that plays.")
    ] = None,
) -> None:
    """Turn the authors' released files into models of ours; nothing in them is executed.

    One file: jukedrummer import-checkpoint --kind lm exp1.pkl --output imported/lm

    A bundle: jukedrummer import-checkpoint --bundle released --output results/lm_released
    """
    from jukedrummer.foreign.import_checkpoint import import_bundle, import_checkpoint

    if bundle and (file or kind or part):
        raise UserError("--bundle takes the whole folder: leave FILE, --kind and --part out")
    if bundle:
        import_bundle(bundle, output)
        typer.echo(f"Play with it: jukedrummer accompany song.wav --model {output} --output out")
    elif file and kind:
        if part and kind != "vqvae":
            raise UserError(
                f"--part says which of the two VQ-VAEs a file holds; leave it out for {kind}"
            )
        info = import_checkpoint(kind, file, output, part)
        typer.echo(f"{output}: {info.kind} of {info.parameters:,} parameters")
    else:
        raise UserError("name a FILE and its --kind, or a folder with --bundle")


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; a user's error is one line on standard error and status 2.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    if not sys.stderr.isatty():
        # In a log file a progress bar is a line a moment: some seconds apart is enough.
        os.environ.setdefault("TQDM_MININTERVAL", "5")
    # Threads that wait in a loop take the core from those they wait for. Only heeded before torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        status = app(standalone_mode=False) or 0
    except UserError as error:
        status = _refused(str(error))
    except USAGE_ERROR as error:
        message = error.format_message().rstrip(".")
        # Without a message: the help was shown, as nothing was asked for.
        status = _refused(f"{message}; see --help") if message else 2
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    sys.exit(status)


def _refused(message: str) -> int:
    print(f"jukedrummer: {' '.join(message.split())}", file=sys.stderr)
    return 2
