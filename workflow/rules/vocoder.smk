rule train_vocoder:
    """Train the vocoder: log-mel to waveform. It starts beside the features, which it does not need."""
    input:
        pairs=PAIRS,
        rejected=REJECTED,
    output:
        model("vocoder"),
    log:
        f"{RESULTS}/logs/train_vocoder/train_vocoder.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_vocoder/train_vocoder.tsv"
    priority: 90
    conda:
        "../../environment.yml"
    threads: share(2, limit=8)
    resources:
        mem_mb=2_000,
        runtime=1_440,
        gpu=0,
    params:
        pairs=each("--pairs", PAIRS),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=settings("mel", "vocoder"),
    shell:
        "python -m jukedrummer train_vocoder {params.pairs:q} --output {params.folder:q}"
        " --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
