rule pairs:
    """Turn one shard of songs into drumless and drums recordings."""
    input:
        MANIFEST,
    output:
        directory(f"{RESULTS}/pairs/{{shard}}"),
    log:
        f"{RESULTS}/logs/pairs/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/pairs/{{shard}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2_000,
        runtime=240,
        gpu=0,
    params:
        shards=len(SHARDS),
        # Only the rule rejected uses the other key: a change of it makes no pair again.
        config=settings(
            pairs={
                key: value
                for key, value in config["pairs"].items()
                if key != "max_rejected_share"
            }
        ),
    shell:
        "python -m jukedrummer pairs --manifest {input:q} --shard {wildcards.shard} --shards {params.shards}"
        " --output {output:q} --config {params.config:q} 2>&1 | tee {log:q}"


rule rejected:
    """Gather the songs that were left out, and fail if there are too many."""
    input:
        PAIRS,
    output:
        REJECTED,
    log:
        f"{RESULTS}/logs/rejected/rejected.log",
    benchmark:
        f"{RESULTS}/benchmarks/rejected/rejected.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        pairs=each("--pairs", PAIRS),
        config=settings("pairs"),
    shell:
        "python -m jukedrummer rejected {params.pairs:q} --output {output:q}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
