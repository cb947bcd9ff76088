rule inspect:
    """Make a page and tables of what is in the corpus and what may be wrong with it."""
    input:
        corpus=LISTED,
        rejected=REJECTED,
        pairs=PAIRS,
        features=SONGS,
        clips=expand(f"{RESULTS}/features/{{shard}}_rejected.tsv", shard=SHARDS),
    output:
        expand(
            f"{RESULTS}/inspect/{{name}}",
            name=("corpus.html", "corpus.md", "songs.tsv", "rejected.tsv"),
        ),
    log:
        f"{RESULTS}/logs/inspect/inspect.log",
    benchmark:
        f"{RESULTS}/benchmarks/inspect/inspect.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory(1_000),
        runtime=60,
    params:
        pairs=each("--pairs", PAIRS),
        features=each("--features", SONGS),
        songs=each("--songs", [f"{LISTED}/{shard}.tsv" for shard in SHARDS]),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=settings("corpus", "inspect"),
    shell:
        "python -m jukedrummer inspect {params.pairs:q} --rejected {input.rejected:q}"
        " {params.features:q} {params.songs:q} --output {params.folder:q}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
