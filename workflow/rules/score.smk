# The files of the score model if it is trained on the corpus.
SCORE = [] if CONFIG.score.weights else model("score")

# The same, if a score model is given or can be trained.
SCORE_WRITER = SCORE if CONFIG.writes_scores else []


rule train_score:
    """Train the score model, on songs with beats and a drum score."""
    input:
        pairs=PAIRS,
        census=CENSUS,
    output:
        model("score"),
    log:
        f"{RESULTS}/logs/train_score/train_score.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_score/train_score.tsv"
    priority: 90
    conda:
        "../../environment.yml"
    threads: share(2, limit=8)
    resources:
        mem_mb=memory(2_000),
        runtime=1_440,
        gpu=0,
    params:
        pairs=each("--pairs", PAIRS),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=settings("score"),
    shell:
        "python -m jukedrummer train_score {params.pairs:q}"
        " --output {params.folder:q} --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
