# What scripts/test-fuzz and scripts/fuzz-long have in common. Read by them, from the root of the repository.

targets=(batch c_calls connection cut decode delivery_id forgery function headers inbox macs message ndjson scheme scheme_json signature stream tables timestamp)

has_fuzzer() { rustup run nightly rustc --version >/dev/null 2>&1; }

# Installs cargo-fuzz, for the script $1.
need_fuzzer() {
    has_fuzzer || { echo "$1: it needs a nightly toolchain (rustup toolchain install nightly)" >&2; exit 1; }
    local version=0.13.2
    if [ "$(target/tools/bin/cargo-fuzz --version 2>/dev/null)" != "cargo-fuzz $version" ]; then
        cargo install cargo-fuzz --locked --version "$version" --root target/tools
    fi
    export PATH="$PWD/target/tools/bin:$PATH"
}

# cargo-fuzz, with a command and its arguments. What it builds is instrumented anyway, so the time that the project's release
# profile takes for optimisation across crates is spared.
fuzzer() {
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo +nightly fuzz "$1" --target-dir target/fuzz "${@:2}"
}

# Fuzzes the target $1 for $2 seconds, with further options of libFuzzer if there are any. What is new is kept in the first
# folder, so that the seeds stay few.
fuzz() {
    mkdir -p "target/fuzz/corpus/$1"
    fuzzer run "$1" "target/fuzz/corpus/$1" "fuzz/corpus/$1" -- \
        -max_total_time="$2" -timeout=10 -dict=fuzz/words.dict -print_final_stats=1 "${@:3}"
}
