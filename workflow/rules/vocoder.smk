rule train_vocoder:
    """Train the vocoder: log-mel to waveform. Without a VQ-VAE, it needs the pairs only."""
    input:
        # Needed if it is trained on mels that the drums' VQ-VAE reconstructed.
        drums=model("vqvae/drums") if config["vocoder"]["through_vqvae"] else [],
        pairs=PAIRS,
        census=CENSUS,
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
        mem_mb=memory(6_000),
        runtime=1_440,
        gpu=0,
    params:
        drums=lambda wildcards, input: each(
            "--drums", {Path(path).parent for path in input.drums}
        ),
        pairs=each("--pairs", PAIRS),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=settings("mel", "vocoder"),
    shell:
        "python -m jukedrummer train_vocoder {params.pairs:q} {params.drums:q} --output {params.folder:q}"
        " --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
