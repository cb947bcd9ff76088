rule features:
    """Cut one shard into clips: mels of both parts, and all beat representations; with a table."""
    input:
        pairs=f"{RESULTS}/pairs/{{shard}}",
        tracker=TRACKER,
    output:
        features=f"{RESULTS}/features/{{shard}}.h5",
        table=f"{RESULTS}/features/{{shard}}.tsv",
        rejected=f"{RESULTS}/features/{{shard}}_rejected.tsv",
    log:
        f"{RESULTS}/logs/features/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/features/{{shard}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2_000,
        runtime=240,
    params:
        tracker=tracker_option,
        config=settings("mel", "clip", "beats"),
    shell:
        "python -m jukedrummer features --pairs {input.pairs:q} {params.tracker:q} --output {output.features:q}"
        " --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
