# The tracker that is trained on the corpus, if the table of beat trackers includes it.
COMPARED_TRACKER = model("tracker") if CONFIG.compares_trained_tracker else []


rule beat_tracking:
    """Compare beat trackers on full mixes, drumless recordings and drums alone."""
    input:
        pairs=PAIRS,
        tracker=COMPARED_TRACKER,
    output:
        multiext(
            f"{RESULTS}/tables/beat_tracking",
            ".html",
            ".md",
            ".tex",
            ".tsv",
            ".svg",
            ".png",
            "_songs.tsv",
        ),
    log:
        f"{RESULTS}/logs/beat_tracking/beat_tracking.log",
    benchmark:
        f"{RESULTS}/benchmarks/beat_tracking/beat_tracking.tsv"
    conda:
        "../../environment.yml"
    threads: share(1, limit=16)
    resources:
        mem_mb=3_000,
        runtime=240,
    params:
        pairs=each("--pairs", PAIRS),
        tracker=tracker_option,
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=settings("beats", "evaluate", "tables"),
    shell:
        "python -m jukedrummer beat_tracking {params.pairs:q}"
        " {params.tracker:q} --output {params.folder:q} --threads {threads}"
        " --config {params.config:q} 2>&1 | tee {log:q}"


rule tables:
    """The paper's comparison over all experiments and seeds."""
    input:
        drums=model("vqvae/drums"),
        drumless=model("vqvae/drumless"),
        lms=[model(f"lm/{run}") for run in RUNS],
        evaluations=expand(f"{RESULTS}/evaluation/{{run}}", run=RUNS),
    output:
        expand(
            f"{RESULTS}/tables/{{name}}.{{suffix}}",
            name=("reconstruction", "language", "rhythm", "rhythm_parts"),
            suffix=("html", "md", "tex", "tsv", "svg", "png"),
        ),
    log:
        f"{RESULTS}/logs/tables/tables.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/tables.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1_000,
        runtime=30,
    params:
        vqvaes=each(
            "--vqvae", expand(f"{RESULTS}/vqvae/{{part}}", part=("drums", "drumless"))
        ),
        lms=each("--lm", expand(f"{RESULTS}/lm/{{run}}", run=RUNS)),
        evaluations=each(
            "--evaluation", expand(f"{RESULTS}/evaluation/{{run}}", run=RUNS)
        ),
        folder=lambda wildcards, output: Path(output[0]).parent,
    shell:
        "python -m jukedrummer tables {params.vqvaes:q} {params.lms:q} {params.evaluations:q}"
        " --output {params.folder:q} 2>&1 | tee {log:q}"
