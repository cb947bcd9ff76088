# The resumable state of a training is in the folder of its outputs. It is not declared as an
# output, because Snakemake removes the outputs of a failed job. Changes of the package re-run
# nothing: use --forcerun train_vqvae. A training receives the section of its own part twice, so
# that a change of the other part does not re-run it.


rule train_vqvae:
    """Train the VQ-VAE of one part."""
    input:
        features=FEATURES,
        census=CENSUS,
    output:
        model("vqvae/{part}"),
    log:
        f"{RESULTS}/logs/train_vqvae/{{part}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_vqvae/{{part}}.tsv"
    priority: 50
    conda:
        "../../environment.yml"
    threads: share(2, limit=8)
    resources:
        mem_mb=memory(4_000),
        runtime=1_440,
        gpu=0,
    params:
        features=each("--features", FEATURES),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=lambda wildcards: settings(
            "mel", "clip", vqvae=dict.fromkeys(PARTS, config["vqvae"][wildcards.part])
        ),
    shell:
        "python -m jukedrummer train_vqvae --part {wildcards.part} {params.features:q}"
        " --output {params.folder:q} --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"


rule codes:
    """Turn one shard of mels into codes of both VQ-VAEs."""
    input:
        features=f"{RESULTS}/features/{{shard}}.h5",
        drums=model("vqvae/drums"),
        drumless=model("vqvae/drumless"),
    output:
        f"{RESULTS}/codes/{{shard}}.h5",
    log:
        f"{RESULTS}/logs/codes/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/codes/{{shard}}.tsv"
    priority: 50
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2_000,
        runtime=120,
        gpu=0,
    params:
        drums=folder_of("drums"),
        drumless=folder_of("drumless"),
        config=settings("mel", "clip"),
    shell:
        "python -m jukedrummer codes --features {input.features:q} --drums {params.drums:q}"
        " --drumless {params.drumless:q} --output {output:q} --threads {threads}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
