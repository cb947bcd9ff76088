# The records of the downloads, by source.
DOWNLOADS = expand(
    f"{RESULTS}/download/{{source}}.json", source=CONFIG.corpus.downloads
)


rule corpus:
    """List the songs of all sources. Songs of the demo and of MIDI files are rendered first."""
    input:
        DOWNLOADS,
    output:
        directory(f"{RESULTS}/corpus"),
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
        making=f"{RESULTS}/rendered",
        config=settings("corpus"),
    shell:
        "python -m jukedrummer corpus --output {output:q} --making {params.making:q}"
        " --workers {threads} --config {params.config:q} 2>&1 | tee {log:q}"


rule fingerprints:
    """Compute the fingerprints of one shard's songs. They are used to find copies."""
    input:
        LISTED,
    output:
        f"{RESULTS}/fingerprints/{{shard}}.npz",
    log:
        f"{RESULTS}/logs/fingerprints/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fingerprints/{{shard}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1_000,
        runtime=240,
    shell:
        "python -m jukedrummer fingerprints --songs {input:q}/{wildcards.shard}.tsv"
        " --output {output:q} 2>&1 | tee {log:q}"


rule split:
    """Leave out copies of recordings, and draw the splits."""
    input:
        songs=LISTED,
        fingerprints=FINGERPRINTS,
    output:
        directory(USED),
    log:
        f"{RESULTS}/logs/split/split.log",
    benchmark:
        f"{RESULTS}/benchmarks/split/split.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4_000),
        runtime=60,
    params:
        songs=each("--songs", [f"{LISTED}/{shard}.tsv" for shard in SHARDS]),
        fingerprints=each("--fingerprints", FINGERPRINTS),
        # The keys that tell whether songs without stems can be separated.
        config=settings(
            "corpus",
            pairs={
                key: config["pairs"][key]
                for key in ("separator", "separator_repository")
            },
        ),
    shell:
        "python -m jukedrummer split {params.songs:q} {params.fingerprints:q} --output {output:q}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
