# The files of the transcriber if it is trained on the corpus.
TRANSCRIBER = [] if CONFIG.transcriber.weights else model("transcriber")

# The same for what measures the drums that are played, if a transcriber is given or can be trained.
STROKE_READER = TRANSCRIBER if CONFIG.transcribes else []


rule train_transcriber:
    """Train the transcriber of drums, on songs with a drum score."""
    input:
        pairs=PAIRS,
        census=CENSUS,
    output:
        model("transcriber"),
    log:
        f"{RESULTS}/logs/train_transcriber/train_transcriber.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_transcriber/train_transcriber.tsv"
    priority: 90
    conda:
        "../../environment.yml"
    threads: share(1, limit=8)
    resources:
        mem_mb=memory(2_000),
        runtime=1_440,
        gpu=0,
    params:
        pairs=each("--pairs", PAIRS),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=settings("transcriber"),
    shell:
        "python -m jukedrummer train_transcriber {params.pairs:q}"
        " --output {params.folder:q} --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"


rule transcription:
    """Measure the transcriber on real drums, and on the same through VQ-VAE and vocoder."""
    input:
        pairs=PAIRS,
        transcriber=TRANSCRIBER,
        drums=model("vqvae/drums") if CONFIG.tables.codec else [],
        vocoder=model("vocoder") if CONFIG.tables.codec else [],
    output:
        multiext(
            f"{RESULTS}/tables/transcription",
            ".html",
            ".md",
            ".tex",
            ".tsv",
            ".svg",
            ".png",
            "_songs.tsv",
        ),
    log:
        f"{RESULTS}/logs/transcription/transcription.log",
    benchmark:
        f"{RESULTS}/benchmarks/transcription/transcription.tsv"
    conda:
        "../../environment.yml"
    threads: share(1, limit=16)
    resources:
        mem_mb=3_000,
        runtime=240,
    params:
        pairs=each("--pairs", PAIRS),
        transcriber=transcriber_folder,
        codec=codec_options,
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=transcription_settings,
    shell:
        "python -m jukedrummer transcription {params.pairs:q}"
        " --transcriber {params.transcriber:q} {params.codec:q} --output {params.folder:q}"
        " --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
