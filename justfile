# What CI runs, by the same names.

# Everything CI checks.
check: format lint tidy test

format:
    cargo fmt --all -- --check

lint:
    cargo clippy --workspace --all-targets -- -D warnings

tidy:
    cargo xtask tidy

test:
    cargo test --workspace --quiet

demo:
    cargo run --quiet -- demo

bench:
    cargo bench --workspace

# Programs that we did not write, against ours; and ours against a server that we did not write. Needs Python and PyPI.
real:
    bash ci/strangers.sh
    bash ci/ministack.sh
    bash ci/ci_files.sh
