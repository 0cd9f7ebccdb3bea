/* What a call through the C interface costs beside the same call in Rust: nanoseconds of each, for deliveries that are
   authentic. The rounds alternate, and of each the fastest counts, so that whatever else the machine does hits both.

   scripts/bench-c builds and runs it. */
#include <countersign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* From rust_calls.rs: a verifier, and `count` calls of its `verify_signature` or `verify`, which return how many were
   authentic. */
void *rust_verifier(const uint8_t *secret, size_t secret_length);
uint64_t rust_calls(const void *verifier, const uint8_t *signature, size_t signature_length, const uint8_t *body,
                    size_t body_length, uint64_t count);
uint64_t rust_deliveries(const void *verifier, const countersign_header *headers, size_t header_count,
                         const uint8_t *body, size_t body_length, uint64_t count);
void rust_verifier_free(void *verifier);

enum { ROUNDS = 60, HEADERS = 12 };

static const char secret[] = "a secret for measuring";

/* What both sides work on. The signature stands in the last of the headers. */
typedef struct {
    const countersign_verifier *through_c;
    const void *in_rust;
    countersign_header headers[HEADERS];
    uint8_t *body;
    size_t body_length;
} work;

typedef uint64_t (*calls)(const work *on, uint64_t count);

static uint64_t signatures_in_c(const work *on, uint64_t count) {
    const countersign_header *line = &on->headers[HEADERS - 1];
    uint64_t authentic = 0;
    for (uint64_t call = 0; call < count; call++) {
        countersign_verdict verdict;
        authentic += countersign_verify_signature(on->through_c, line->value, line->value_length, on->body,
                                                  on->body_length, &verdict)
                     == COUNTERSIGN_STATUS_AUTHENTIC;
    }
    return authentic;
}

static uint64_t signatures_in_rust(const work *on, uint64_t count) {
    const countersign_header *line = &on->headers[HEADERS - 1];
    return rust_calls(on->in_rust, line->value, line->value_length, on->body, on->body_length, count);
}

static uint64_t deliveries_in_c(const work *on, uint64_t count) {
    countersign_delivery delivery = {"POST", 4, "/orders", 7, on->headers, HEADERS, on->body, on->body_length};
    uint64_t authentic = 0;
    for (uint64_t call = 0; call < count; call++) {
        countersign_verdict verdict;
        authentic += countersign_verify(on->through_c, &delivery, 0, &verdict) == COUNTERSIGN_STATUS_AUTHENTIC;
    }
    return authentic;
}

static uint64_t deliveries_in_rust(const work *on, uint64_t count) {
    return rust_deliveries(on->in_rust, on->headers, HEADERS, on->body, on->body_length, count);
}

static void demand(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "bench: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static double timed(calls run, const work *on, uint64_t count) {
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    demand(run(on, count) == count, "an authentic delivery was rejected");
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
}

static void compare(const char *what, calls in_c, calls in_rust, work *on) {
    uint64_t count = 20000000 / (on->body_length + 400);
    double fastest_c = 1e18, fastest_rust = 1e18;
    /* Both must say the same, also of a forgery, before anything is measured. */
    on->headers[HEADERS - 1].value_length--;
    demand(in_c(on, 1) == 0 && in_rust(on, 1) == 0, "a forgery was taken");
    on->headers[HEADERS - 1].value_length++;
    for (int round = 0; round < ROUNDS; round++) {
        double c = timed(in_c, on, count), rust = timed(in_rust, on, count);
        if (c < fastest_c) fastest_c = c;
        if (rust < fastest_rust) fastest_rust = rust;
    }
    fastest_c /= (double)count;
    fastest_rust /= (double)count;
    printf("%-16s  %6zu  %9.1f  %9.1f  %+9.1f  %9.3f\n", what, on->body_length, fastest_c, fastest_rust,
           fastest_c - fastest_rust, fastest_c / fastest_rust);
}

static void measure(const countersign_signer *signer, work *on, size_t length) {
    countersign_headers *lines;
    countersign_delivery delivery;
    on->body = malloc(length + 1);
    on->body_length = length;
    demand(on->body != NULL, "no memory");
    for (size_t index = 0; index < length; index++) on->body[index] = (uint8_t)(index % 251);
    memset(&delivery, 0, sizeof delivery);
    delivery.body = on->body;
    delivery.body_length = length;
    demand(countersign_sign(signer, &delivery, NULL, 0, 0, &lines, NULL) == COUNTERSIGN_OK, "cannot sign");
    demand(countersign_headers_get(lines, 0, &on->headers[HEADERS - 1]) == COUNTERSIGN_OK, "no signature");
    compare("verify_signature", signatures_in_c, signatures_in_rust, on);
    compare("verify", deliveries_in_c, deliveries_in_rust, on);
    countersign_headers_free(lines);
    free(on->body);
}

int main(void) {
    static const size_t lengths[] = {0, 32, 256, 1024, 16384};
    static const char *const names[] = {"Host",       "User-Agent",      "Content-Type",   "Content-Length",
                                        "Accept",     "Accept-Encoding", "X-Request-Id",   "X-Forwarded-For",
                                        "Connection", "X-Event-Type",    "X-Delivery-Date"};
    countersign_secret one;
    countersign_verifier *verifier;
    countersign_signer *signer;
    void *in_rust = rust_verifier((const uint8_t *)secret, strlen(secret));
    work on;
    memset(&one, 0, sizeof one);
    one.data = secret;
    one.length = strlen(secret);
    demand(countersign_verifier_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, &one, 1,
                                     &verifier, NULL)
               == COUNTERSIGN_OK,
           "no verifier");
    demand(countersign_signer_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, secret,
                                   strlen(secret), &signer, NULL)
               == COUNTERSIGN_OK,
           "no signer");
    for (size_t index = 0; index + 1 < HEADERS; index++) {
        countersign_header header = {names[index], strlen(names[index]), "a value", 7};
        on.headers[index] = header;
    }
    on.through_c = verifier;
    on.in_rust = in_rust;
    printf("HMAC-SHA-256, hex, %d headers; nanoseconds a call, the fastest of %d rounds\n\n", HEADERS, ROUNDS);
    printf("%-16s  %6s  %9s  %9s  %9s  %9s\n", "", "body", "C", "Rust", "C - Rust", "C / Rust");
    for (size_t index = 0; index < sizeof lengths / sizeof *lengths; index++) measure(signer, &on, lengths[index]);
    countersign_verifier_free(verifier);
    countersign_signer_free(signer);
    rust_verifier_free(in_rust);
    return EXIT_SUCCESS;
}
