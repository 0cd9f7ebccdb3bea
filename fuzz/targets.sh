# What scripts/test-fuzz and scripts/fuzz-long have in common. Read by them, from the root of the repository.

# The targets, and how many inputs scripts/test-fuzz gives to each: what takes about 20 seconds.
declare -A inputs=(
    [batch]=36000
    [c_calls]=14000
    [connection]=19000
    [cut]=117000
    [decode]=390000
    [delivery_id]=146000
    [forgery]=240000
    [function]=16000
    [headers]=340000
    [inbox]=24000
    [macs]=30000
    [message]=68000
    [ndjson]=59000
    [scheme]=45000
    [scheme_json]=16000
    [signature]=166000
    [stream]=131000
    [tables]=99000
    [timestamp]=244000
)
mapfile -t targets < <(printf '%s\n' "${!inputs[@]}" | LC_ALL=C sort)
fuzz_options=(-timeout=10 -dict=fuzz/words.dict -print_final_stats=1)

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
# profile takes for optimisation across crates is spared. The folder of the repository is not in the program, so that its addresses
# do not depend on it.
fuzzer() {
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 RUSTFLAGS="--remap-path-prefix=$PWD=." \
        cargo +nightly fuzz "$1" --target-dir target/fuzz "${@:2}"
}

# Where `fuzzer build` puts the target $1.
built() { printf 'target/fuzz/%s/release/%s' "$(rustup run nightly rustc -vV | sed -n 's/^host: //p')" "$1"; }

# Fuzzes the target $1 for $2 seconds, with further options of libFuzzer if there are any. What is new is kept in the first
# folder, so that the seeds stay few.
fuzz() {
    mkdir -p "target/fuzz/corpus/$1"
    fuzzer run "$1" "target/fuzz/corpus/$1" "fuzz/corpus/$1" -- -max_total_time="$2" "${fuzz_options[@]}" "${@:3}"
}
