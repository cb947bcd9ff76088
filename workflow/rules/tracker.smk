# The tracker that is trained on the corpus, if the config requires one.
TRACKER = model("tracker") if CONFIG.trains_tracker else []


rule train_tracker:
    """Train the drum-aware beat tracker, on songs with stems and annotated beats."""
    input:
        pairs=PAIRS,
        census=CENSUS,
    output:
        model("tracker"),
    log:
        f"{RESULTS}/logs/train_tracker/train_tracker.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_tracker/train_tracker.tsv"
    priority: 90
    conda:
        "../../environment.yml"
    threads: share(1, limit=8)
    resources:
        mem_mb=memory(4_000),
        runtime=1_440,
        gpu=0,
    params:
        pairs=each("--pairs", PAIRS),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=settings("tracker"),
    shell:
        "python -m jukedrummer train_tracker {params.pairs:q}"
        " --output {params.folder:q} --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
