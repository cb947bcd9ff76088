"""The checked config, the paths of all stages, and the arguments of the subcommands."""

import fcntl
import json
import os
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Use the package of this checkout, even if another version is installed.
sys.path.insert(0, str(workflow.basedir))

try:
    from jukedrummer.config import PARTS, load, plain, read_yaml
    from jukedrummer.errors import UserError
except ModuleNotFoundError as error:
    raise WorkflowError(
        f"{error}: the checks of the config need the package's own environment; install the "
        "package in Snakemake's environment (make venv, or pip install .)"
    )


def remove_stale_locks():
    """Remove the locks that a killed Snakemake left in this folder, so that the next run continues.

    Snakemake's locks are plain files, which stay after it is killed. This lock is the kernel's:
    all runs share it, and the kernel releases it when a run ends. A run that gets it exclusively is
    the only run. If the file system has no such locks, nothing is removed, and the user needs
    `snakemake --unlock`.

    Returns:
        the open file with the lock.
    """
    Path(".snakemake").mkdir(exist_ok=True)
    running = open(".snakemake/running", "w")
    try:
        fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(".snakemake/locks", ignore_errors=True)
    except OSError:
        pass
    try:
        fcntl.flock(running, fcntl.LOCK_SH)
    except OSError:
        pass
    return running


if workflow.is_main_process:
    running = remove_stale_locks()


def read_config():
    """Merge the config files, also if they change the kind of a section, and check the result.

    Snakemake merges the files too. But it keeps keys of a kind that a later file replaces.
    """
    files = [Path("config/config.yaml"), *workflow.overwrite_configfiles]
    try:
        layers = [read_yaml(path) for path in files]
        checked = load(*layers, dict(workflow.config_settings.config))
        checked.check_machine()
    except (UserError, ModuleNotFoundError) as error:
        raise WorkflowError(str(error))
    return checked


CONFIG = read_config()
config.clear()
config.update(plain(CONFIG))

RESULTS = Path(config["results"]).as_posix()
LISTED = f"{RESULTS}/corpus"  # a table of songs for each shard
USED = (
    f"{RESULTS}/split"  # the same, without duplicates and with the split of each song
)
REJECTED = f"{RESULTS}/rejected.tsv"
CENSUS = f"{RESULTS}/census.tsv"
SHARDS = range(config["corpus"]["shards"])
FINGERPRINTS = (
    expand(f"{RESULTS}/fingerprints/{{shard}}.npz", shard=SHARDS)
    if CONFIG.corpus.finds_duplicates
    else []
)
PAIRS = expand(f"{RESULTS}/pairs/{{shard}}", shard=SHARDS)
FEATURES = expand(f"{RESULTS}/features/{{shard}}.h5", shard=SHARDS)
SONGS = expand(f"{RESULTS}/features/{{shard}}.tsv", shard=SHARDS)
CODES = expand(f"{RESULTS}/codes/{{shard}}.h5", shard=SHARDS)


# The shell command that makes results, up to its targets. Tables contain it. It is not a param of a
# rule, so the same settings in another file do not re-run a rule.
CONFIGFILES = [os.path.relpath(path) for path in workflow.overwrite_configfiles]
COMMAND = ["snakemake --cores all"]
if CONFIGFILES:
    COMMAND += ["--configfile", *CONFIGFILES, "--"]
os.environ.update(JUKEDRUMMER_COMMAND=" ".join(COMMAND))


# Name to `lm` section of every training: the experiments, and their further seeds for the tables.
RUNS = {name: plain(lm) for name, lm in CONFIG.runs().items()}


wildcard_constraints:
    shard=r"\d+",
    part="drums|drumless",
    experiment="|".join(RUNS),
    source="|".join(CONFIG.corpus.downloads) or "none",


def model(folder):
    """The files of a trained model below results."""
    return multiext(
        f"{RESULTS}/{folder}/", "weights.safetensors", "model.json", "history.csv"
    )


def folder_of(name):
    """The folder of a model in a rule's input, for the subcommand."""
    return lambda wildcards, input: Path(input.get(name)[0]).parent


def each(option, paths):
    """An option repeated for each path."""
    return [word for path in paths for word in (option, path)]


def share(parts, limit):
    """Threads of a job if `parts` jobs share the machine: at most `limit`. On a cluster: `limit`."""
    try:
        return min(limit, max(1, workflow.cores // parts))
    except WorkflowError:
        return limit


def memory(megabytes):
    """Memory of a training. It is doubled at each retry, for models larger than the demo's."""
    return lambda wildcards, attempt: megabytes * 2 ** (attempt - 1)


def settings(*sections, **others):
    """Sections of the config as JSON. A change in other sections does not re-run the stage."""
    return json.dumps(
        {**{name: config[name] for name in sections}, **others}, sort_keys=True
    )


def download_settings(wildcards):
    """The section corpus with this source only. Changes of other sources re-run no download."""
    source = CONFIG.corpus.source(wildcards.source)
    return settings(corpus={"sources": [plain(source)]})


def lm_settings(wildcards):
    """The sections of a language model's training, after a check that they fit together."""
    try:
        CONFIG.check_run(wildcards.experiment)
    except UserError as error:
        raise WorkflowError(str(error))
    return settings("mel", "clip", lm=RUNS[wildcards.experiment])


def tracker_option(wildcards, input):
    """The option for the trained tracker, if it is an input of the rule."""
    return ["--trained-tracker", Path(input.tracker[0]).parent] if input.tracker else []


def transcriber_folder(wildcards, input):
    """The folder of the transcriber: of the rule's input, or of the config."""
    if input.transcriber:
        return Path(input.transcriber[0]).parent
    return CONFIG.transcriber.weights


def stroke_option(wildcards, input):
    """The option for the transcriber, if the drums that are played are measured."""
    if not CONFIG.transcribes:
        return []
    return ["--transcriber", transcriber_folder(wildcards, input)]


def score_option(wildcards, input):
    """The option for the score model, if drum scores are written."""
    if not CONFIG.writes_scores:
        return []
    folder = Path(input.score[0]).parent if input.score else CONFIG.score.weights
    return ["--score", folder]


def transcription_settings(wildcards):
    """The sections of the transcriber's table, after a check that they fit together."""
    try:
        CONFIG.check_transcription()
    except UserError as error:
        raise WorkflowError(str(error))
    return settings("evaluate", "tables")


def codec_options(wildcards, input):
    """The options for VQ-VAE and vocoder, if they are inputs of the rule."""
    options = {"--drums": input.drums, "--vocoder": input.vocoder}
    return [
        word
        for name, files in options.items()
        if files
        for word in (name, Path(files[0]).parent)
    ]
