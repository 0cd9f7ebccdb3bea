/* What may never change: the numbers, the sizes and places of fields, and what the version macros say. */
#include <inttypes.h>

#include "check.h"

/* The number, that its name is the expected one, and that no sentence is missing. */
static void status(uint32_t number, uint32_t expected, const char *name) {
    check(number == expected, __FILE__, __LINE__, "%s is %" PRIu32 ", not %" PRIu32, name, number, expected);
    check(strcmp(countersign_status_name(number), name) == 0, __FILE__, __LINE__, "%" PRIu32 " is called %s, not %s",
          number, countersign_status_name(number), name);
    CHECK(strlen(countersign_status_message(number)) > 10);
}

static void numbers(void) {
    status(COUNTERSIGN_STATUS_AUTHENTIC, 0, "authentic");
    status(COUNTERSIGN_STATUS_MISSING_SIGNATURE, 1, "missing_signature");
    status(COUNTERSIGN_STATUS_REPEATED_SIGNATURE, 2, "repeated_signature");
    status(COUNTERSIGN_STATUS_MALFORMED_SIGNATURE, 3, "malformed_signature");
    status(COUNTERSIGN_STATUS_UNKNOWN_ALGORITHM, 4, "unknown_algorithm");
    status(COUNTERSIGN_STATUS_ALGORITHM_NOT_ACCEPTED, 5, "algorithm_not_accepted");
    status(COUNTERSIGN_STATUS_MALFORMED_ENCODING, 6, "malformed_encoding");
    status(COUNTERSIGN_STATUS_WRONG_LENGTH, 7, "wrong_length");
    status(COUNTERSIGN_STATUS_MISMATCH, 8, "mismatch");
    status(COUNTERSIGN_STATUS_MISSING_TIMESTAMP, 9, "missing_timestamp");
    status(COUNTERSIGN_STATUS_MALFORMED_TIMESTAMP, 10, "malformed_timestamp");
    status(COUNTERSIGN_STATUS_EXPIRED, 11, "expired");
    status(COUNTERSIGN_STATUS_FROM_FUTURE, 12, "from_future");
    status(COUNTERSIGN_STATUS_MISSING_PART, 13, "missing_part");
    status(COUNTERSIGN_STATUS_REPLAYED, 14, "replayed");
    status(COUNTERSIGN_STATUS_BODY_TOO_LARGE, 15, "body_too_large");
    status(COUNTERSIGN_STATUS_INVALID_ARGUMENT, 64, "invalid_argument");
    status(COUNTERSIGN_STATUS_EMPTY_SECRET, 65, "empty_secret");
    status(COUNTERSIGN_STATUS_MALFORMED_SECRET, 66, "malformed_secret");
    status(COUNTERSIGN_STATUS_INVALID_CONFIG, 67, "invalid_config");
    status(COUNTERSIGN_STATUS_UNKNOWN_PRESET, 68, "unknown_preset");
    status(COUNTERSIGN_STATUS_UNSUPPORTED, 69, "unsupported");
    status(COUNTERSIGN_STATUS_INTERNAL, 127, "internal");
}

static void algorithm(uint32_t number, uint32_t expected, const char *name) {
    check(number == expected, __FILE__, __LINE__, "%s is %" PRIu32 ", not %" PRIu32, name, number, expected);
    CHECK(strcmp(countersign_algorithm_name(number), name) == 0);
}

static void settings(void) {
    algorithm(COUNTERSIGN_ALGORITHM_NONE, 0, "NONE");
    algorithm(COUNTERSIGN_ALGORITHM_MD5, 1, "MD5");
    algorithm(COUNTERSIGN_ALGORITHM_SHA_1, 2, "SHA_1");
    algorithm(COUNTERSIGN_ALGORITHM_SHA_224, 3, "SHA_224");
    algorithm(COUNTERSIGN_ALGORITHM_SHA_256, 4, "SHA_256");
    algorithm(COUNTERSIGN_ALGORITHM_SHA_384, 5, "SHA_384");
    algorithm(COUNTERSIGN_ALGORITHM_SHA_512, 6, "SHA_512");
    algorithm(COUNTERSIGN_ALGORITHM_INFER_FROM_HEADER, 255, "INFER_FROM_HEADER");
    CHECK(COUNTERSIGN_ENCODING_BASE64 == 1 && COUNTERSIGN_ENCODING_HEXA_DECIMAL == 2
          && COUNTERSIGN_ENCODING_BASE64_URL == 3);
    CHECK(COUNTERSIGN_BOUND_NONE == 0 && COUNTERSIGN_BOUND_NOT_BEFORE == 1 && COUNTERSIGN_BOUND_NOT_AFTER == 2);
    CHECK(COUNTERSIGN_NO_SECRET == UINT32_MAX && COUNTERSIGN_MAX_DELIVERY_ID == 1024);
}

/* In words, so that it holds where pointers have 32 bits too. */
#define WORD sizeof(size_t)
#define AT(type, field, place)                                                                                         \
    check(offsetof(type, field) == (place), __FILE__, __LINE__, #type "." #field " is at %zu", offsetof(type, field))
#define SIZE(type, size) check(sizeof(type) == (size), __FILE__, __LINE__, #type " has %zu bytes", sizeof(type))

static void layouts(void) {
    CHECK(sizeof(void *) == WORD);
    SIZE(countersign_status, 4);
    SIZE(countersign_algorithm, 4);
    SIZE(countersign_encoding, 4);
    SIZE(countersign_bound, 4);
    SIZE(countersign_identity, 32);
    SIZE(countersign_verdict, 16);
    AT(countersign_verdict, status, 0);
    AT(countersign_verdict, algorithm, 4);
    AT(countersign_verdict, secret_index, 8);
    AT(countersign_verdict, covers_body, 12);
    SIZE(countersign_tolerance, 8);
    AT(countersign_tolerance, future, 4);
    SIZE(countersign_text, 3 * WORD);
    AT(countersign_text, capacity, WORD);
    AT(countersign_text, length, 2 * WORD);
    AT(countersign_secret, length, WORD);
    AT(countersign_secret, not_before_ms, 2 * WORD);
    AT(countersign_secret, not_after_ms, 2 * WORD + 8);
    AT(countersign_secret, bounds, 2 * WORD + 16);
    SIZE(countersign_header, 4 * WORD);
    AT(countersign_header, name_length, WORD);
    AT(countersign_header, value, 2 * WORD);
    AT(countersign_header, value_length, 3 * WORD);
    SIZE(countersign_delivery, 8 * WORD);
    AT(countersign_delivery, method_length, WORD);
    AT(countersign_delivery, url, 2 * WORD);
    AT(countersign_delivery, headers, 4 * WORD);
    AT(countersign_delivery, header_count, 5 * WORD);
    AT(countersign_delivery, body, 6 * WORD);
    AT(countersign_delivery, body_length, 7 * WORD);
    SIZE(countersign_signed_body, 5 * WORD);
    AT(countersign_signed_body, signature, WORD);
    AT(countersign_signed_body, body, 3 * WORD);
    AT(countersign_received_delivery, delivery, WORD);
    AT(countersign_received_delivery, now_ms, 9 * WORD);
    AT(countersign_handshake, status, 8);
    AT(countersign_handshake, header_count, 8 + WORD);
    AT(countersign_handshake, headers, 8 + 2 * WORD);
    AT(countersign_handshake, body, 8 + 3 * WORD);
    AT(countersign_handshake, body_length, 8 + 4 * WORD);
    AT(countersign_handshake, secret, 8 + 5 * WORD);
    AT(countersign_handshake, secret_length, 8 + 6 * WORD);
#if UINTPTR_MAX == UINT64_MAX
    SIZE(countersign_handshake, 64);
    SIZE(countersign_secret, 40);
    SIZE(countersign_received_delivery, 80);
#endif
}

static void versions(void) {
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", COUNTERSIGN_VERSION_MAJOR, COUNTERSIGN_VERSION_MINOR,
             COUNTERSIGN_VERSION_PATCH);
    printf("COUNTERSIGN_VERSION %s = %s = library %s\n", COUNTERSIGN_VERSION, text, countersign_version());
    printf("COUNTERSIGN_VERSION_NUMBER %d = library %" PRIu32 "\n", COUNTERSIGN_VERSION_NUMBER,
           countersign_version_number());
    printf("COUNTERSIGN_ABI_NUMBER %d = library %" PRIu32 "\n", COUNTERSIGN_ABI_NUMBER, countersign_abi_number());
    CHECK(strcmp(COUNTERSIGN_VERSION, text) == 0);
    CHECK(strcmp(COUNTERSIGN_VERSION, countersign_version()) == 0);
    CHECK(COUNTERSIGN_VERSION_NUMBER
          == COUNTERSIGN_VERSION_MAJOR * 65536 + COUNTERSIGN_VERSION_MINOR * 256 + COUNTERSIGN_VERSION_PATCH);
    CHECK(COUNTERSIGN_VERSION_NUMBER == countersign_version_number());
    CHECK(COUNTERSIGN_ABI_NUMBER == 1 && countersign_abi_number() == 1);
    /* In preprocessor conditions too. */
#if COUNTERSIGN_VERSION_NUMBER >= 0x000100 && COUNTERSIGN_ABI_NUMBER == 1
    CHECK(1);
#else
    CHECK(!"the macros can be used in conditions");
#endif
    CHECK(countersign_now_ms() > INT64_C(1700000000000));
}

int main(void) {
    numbers();
    settings();
    layouts();
    versions();
    return report("abi");
}
