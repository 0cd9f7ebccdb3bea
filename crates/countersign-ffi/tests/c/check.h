/* What the tests in C have in common: a check that tells where it failed, and goes on. */
#ifndef CHECK_H
#define CHECK_H

#include <countersign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long checks, failures;

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static void
check(int holds, const char *file, int line, const char *format, ...) {
    va_list arguments;
    checks++;
    if (holds) return;
    failures++;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

#define CHECK(condition) check((condition) != 0, __FILE__, __LINE__, "%s", #condition)

/* That a call returns a status; if not, both are named. */
#define EXPECT(expected, call)                                                                                         \
    do {                                                                                                               \
        countersign_status expected_ = (expected), found_ = (call);                                                    \
        check(expected_ == found_, __FILE__, __LINE__, "%s: %s, not %s", #call, countersign_status_name(found_),       \
              countersign_status_name(expected_));                                                                     \
    } while (0)

/* The end of main. */
static int report(const char *name) {
    printf("%-10s %9lu checks, %lu failed\n", name, checks, failures);
    return failures == 0 && checks > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline countersign_secret secret_of(const void *data, size_t length) {
    countersign_secret secret;
    memset(&secret, 0, sizeof secret);
    secret.data = data;
    secret.length = length;
    return secret;
}

/* The published example of GitHub.
   https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
#define SECRET "It's a Secret to Everybody"
#define BODY "Hello, World!"
#define HEX "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define SIGNATURE "sha256=" HEX

/* A verifier of that example. */
static inline countersign_verifier *example_verifier(void) {
    countersign_verifier *verifier = NULL;
    countersign_secret secret = secret_of(SECRET, strlen(SECRET));
    EXPECT(0, countersign_verifier_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, &secret, 1,
                                        &verifier, NULL));
    if (verifier == NULL) exit(EXIT_FAILURE);
    return verifier;
}

#endif
