rule corpus:
    """Write the manifest of songs. The demo's songs are composed and rendered first."""
    output:
        MANIFEST,
    log:
        f"{RESULTS}/logs/corpus/corpus.log",
    benchmark:
        f"{RESULTS}/benchmarks/corpus/corpus.tsv"
    conda:
        "../../environment.yml"
    threads: share(1, limit=16)
    resources:
        mem_mb=memory(2_000),
        runtime=120,
    params:
        config=settings("corpus"),
    shell:
        "python -m jukedrummer corpus --output {output:q} --workers {threads}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
