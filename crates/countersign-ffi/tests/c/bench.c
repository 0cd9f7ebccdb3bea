/* What a call through the C interface costs beside the same call in Rust: nanoseconds of each, for deliveries that are
   authentic. The rounds alternate, and of each the fastest counts, so that whatever else the machine does hits both.

   scripts/bench-c builds and runs it. */
#include <countersign.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* From rust_calls.rs: a verifier, and `count` calls of its `verify_signature`; returns how many were authentic. */
void *rust_verifier(const uint8_t *secret, size_t secret_length);
uint64_t rust_calls(const void *verifier, const uint8_t *signature, size_t signature_length, const uint8_t *body,
                    size_t body_length, uint64_t count);
void rust_verifier_free(void *verifier);

enum { ROUNDS = 60 };

static const char secret[] = "a secret for measuring";

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec * 1e9 + (double)moment.tv_nsec;
}

static uint64_t c_calls(const countersign_verifier *verifier, const char *signature, size_t signature_length,
                        const char *body, size_t body_length, uint64_t count) {
    uint64_t authentic = 0;
    for (uint64_t call = 0; call < count; call++) {
        countersign_verdict verdict;
        authentic += countersign_verify_signature(verifier, signature, signature_length, body, body_length, &verdict)
                     == COUNTERSIGN_STATUS_AUTHENTIC;
    }
    return authentic;
}

static void demand(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "bench: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static void measure(const countersign_verifier *through_c, const void *in_rust, const countersign_signer *signer,
                    size_t length) {
    char *body = malloc(length + 1);
    uint64_t count = 20000000 / (length + 400);
    double fastest_c = 1e18, fastest_rust = 1e18;
    countersign_headers *lines = NULL;
    countersign_header line;
    countersign_delivery delivery;
    demand(body != NULL, "no memory");
    for (size_t index = 0; index < length; index++) body[index] = (char)(index % 251);
    memset(&delivery, 0, sizeof delivery);
    delivery.body = body;
    delivery.body_length = length;
    demand(countersign_sign(signer, &delivery, NULL, 0, 0, &lines, NULL) == COUNTERSIGN_OK, "cannot sign");
    demand(countersign_headers_get(lines, 0, &line) == COUNTERSIGN_OK, "no signature");
    /* Both must say the same, also of a forgery, before anything is measured. */
    demand(c_calls(through_c, line.value, line.value_length - 1, body, length, 1) == 0, "C takes a forgery");
    demand(rust_calls(in_rust, line.value, line.value_length - 1, (const uint8_t *)body, length, 1) == 0,
           "Rust takes a forgery");
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now(), middle, end;
        demand(c_calls(through_c, line.value, line.value_length, body, length, count) == count, "C rejects");
        middle = now();
        demand(rust_calls(in_rust, line.value, line.value_length, (const uint8_t *)body, length, count) == count,
               "Rust rejects");
        end = now();
        if (middle - begin < fastest_c) fastest_c = middle - begin;
        if (end - middle < fastest_rust) fastest_rust = end - middle;
    }
    fastest_c /= (double)count;
    fastest_rust /= (double)count;
    printf("%8zu  %9.1f  %9.1f  %+9.1f  %9.3f\n", length, fastest_c, fastest_rust, fastest_c - fastest_rust,
           fastest_c / fastest_rust);
    countersign_headers_free(lines);
    free(body);
}

int main(void) {
    static const size_t lengths[] = {0, 32, 256, 1024, 16384};
    countersign_secret one;
    countersign_verifier *through_c;
    countersign_signer *signer;
    void *in_rust = rust_verifier((const uint8_t *)secret, strlen(secret));
    memset(&one, 0, sizeof one);
    one.data = secret;
    one.length = strlen(secret);
    demand(countersign_verifier_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, &one, 1,
                                     &through_c, NULL)
               == COUNTERSIGN_OK,
           "no verifier");
    demand(countersign_signer_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, secret,
                                   strlen(secret), &signer, NULL)
               == COUNTERSIGN_OK,
           "no signer");
    printf("verify_signature, HMAC-SHA-256, hex; nanoseconds a call, the fastest of %d rounds\n\n", ROUNDS);
    printf("%8s  %9s  %9s  %9s  %9s\n", "body", "C", "Rust", "C - Rust", "C / Rust");
    for (size_t index = 0; index < sizeof lengths / sizeof *lengths; index++)
        measure(through_c, in_rust, signer, lengths[index]);
    countersign_verifier_free(through_c);
    countersign_signer_free(signer);
    rust_verifier_free(in_rust);
    return EXIT_SUCCESS;
}
