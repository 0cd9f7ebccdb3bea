/* What a caller can get wrong, and that the library can see: it says 64 and reads nothing, or refuses the
   configuration. Freeing a handle twice, or using it afterwards, is undefined and not tried. */
#include "check.h"

#define INVALID COUNTERSIGN_STATUS_INVALID_ARGUMENT

/* Lengths that no object can have. */
static const size_t huge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1, (size_t)PTRDIFF_MAX + 1};
enum { HUGE_COUNT = sizeof huge / sizeof *huge };

/* A place that holds something already: a failing call must not leave it there. */
static countersign_verifier *stale(void) {
    static int anything;
    return (countersign_verifier *)(void *)&anything;
}

static countersign_status make_hmac(uint32_t algorithm, uint32_t encoding, const countersign_secret *secrets,
                                    size_t count) {
    countersign_verifier *verifier = stale();
    countersign_status status = countersign_verifier_hmac(algorithm, encoding, secrets, count, &verifier, NULL);
    CHECK((verifier == NULL) == (status != 0));
    if (status == 0) countersign_verifier_free(verifier);
    return status;
}

static void handles_that_are_null(countersign_verifier *verifier) {
    countersign_verdict verdict = {COUNTERSIGN_STATUS_AUTHENTIC, COUNTERSIGN_ALGORITHM_SHA_256, 0, 1};
    countersign_delivery delivery;
    countersign_header header = {"x", 1, "y", 1};
    countersign_headers *lines = NULL;
    countersign_stream *stream = (countersign_stream *)(void *)stale();
    countersign_handshake *handshake = (countersign_handshake *)(void *)stale();
    countersign_secret secret = secret_of("s", 1);
    countersign_identity identity = {{7}};
    uint32_t answer = 0;
    char room[8] = "before", id[COUNTERSIGN_MAX_DELIVERY_ID];
    size_t id_length = 7;
    uint32_t is_signed = 7;
    countersign_text text = {room, sizeof room, 0};
    memset(&delivery, 0, sizeof delivery);

    EXPECT(INVALID, countersign_identify(NULL, &delivery, &identity));
    CHECK(identity.bytes[0] == 0);
    EXPECT(INVALID, countersign_identify(verifier, NULL, &identity));
    EXPECT(INVALID, countersign_identify(verifier, &delivery, NULL));
    EXPECT(INVALID, countersign_delivery_id(NULL, &delivery, id, sizeof id, &id_length, &is_signed));
    CHECK(id_length == 0 && is_signed == 0);
    EXPECT(INVALID, countersign_delivery_id(verifier, NULL, id, sizeof id, &id_length, &is_signed));
    EXPECT(INVALID, countersign_delivery_id(verifier, &delivery, NULL, sizeof id, &id_length, &is_signed));
    EXPECT(INVALID, countersign_delivery_id(verifier, &delivery, id, sizeof id, NULL, &is_signed));
    EXPECT(INVALID, countersign_delivery_id(verifier, &delivery, id, sizeof id, &id_length, NULL));
    /* No room is enough for some ids only. */
    EXPECT(INVALID, countersign_delivery_id(verifier, &delivery, id, sizeof id - 1, &id_length, &is_signed));
    EXPECT(INVALID, countersign_delivery_id(verifier, &delivery, NULL, 0, &id_length, &is_signed));
    EXPECT(INVALID, countersign_handshake_new(NULL, &delivery, 0, &handshake));
    CHECK(handshake == NULL);
    handshake = (countersign_handshake *)(void *)stale();
    EXPECT(INVALID, countersign_handshake_new(verifier, NULL, 0, &handshake));
    CHECK(handshake == NULL);
    EXPECT(INVALID, countersign_handshake_new(verifier, &delivery, 0, NULL));
    EXPECT(INVALID, countersign_verifier_signs_url(verifier, NULL));
    /* The answer that is safe. */
    EXPECT(INVALID, countersign_verifier_signs_url(NULL, &answer));
    CHECK(answer == 1);
    EXPECT(INVALID, countersign_verifier_signs_body_alone(verifier, NULL));
    EXPECT(INVALID, countersign_verifier_signs_body_alone(NULL, &answer));
    CHECK(answer == 0);
    /* The verdict is written all the same, so that nobody reads an old one. */
    EXPECT(INVALID, countersign_verify_signature(NULL, HEX, strlen(HEX), "", 0, &verdict));
    CHECK(verdict.status == INVALID && verdict.algorithm == COUNTERSIGN_ALGORITHM_NONE);
    CHECK(verdict.secret_index == COUNTERSIGN_NO_SECRET);
    EXPECT(INVALID, countersign_verify(NULL, &delivery, 0, NULL));
    verdict.status = COUNTERSIGN_STATUS_AUTHENTIC;
    EXPECT(INVALID, countersign_verify(verifier, NULL, 0, &verdict));
    CHECK(verdict.status == INVALID);
    EXPECT(INVALID, countersign_stream_begin(NULL, &delivery, 0, &stream));
    CHECK(stream == NULL);
    EXPECT(INVALID, countersign_stream_begin(verifier, NULL, 0, &stream));
    EXPECT(INVALID, countersign_stream_begin(verifier, &delivery, 0, NULL));
    EXPECT(INVALID, countersign_stream_begin_identified(NULL, &delivery, 0, &stream));
    CHECK(stream == NULL);
    EXPECT(INVALID, countersign_stream_begin_identified(verifier, NULL, 0, &stream));
    EXPECT(INVALID, countersign_stream_begin_identified(verifier, &delivery, 0, NULL));
    EXPECT(INVALID, countersign_stream_begin_signature(NULL, HEX, strlen(HEX), &stream));
    EXPECT(INVALID, countersign_stream_begin_signature(verifier, HEX, strlen(HEX), NULL));
    EXPECT(INVALID, countersign_stream_update(NULL, "x", 1));
    EXPECT(INVALID, countersign_stream_finish(NULL, &verdict));
    EXPECT(INVALID, countersign_stream_identity(NULL, &identity));
    EXPECT(INVALID, countersign_stream_identity((const countersign_stream *)(const void *)verifier, &identity));
    EXPECT(INVALID, countersign_stream_identity(NULL, NULL));
    EXPECT(INVALID, countersign_verifier_can_stream(NULL, &text));
    CHECK(text.length > 0 && strcmp(room, "verifie") == 0);
    EXPECT(INVALID, countersign_verifier_header(NULL, &text));
    EXPECT(INVALID, countersign_verifier_header(verifier, NULL));
    EXPECT(INVALID, countersign_verifier_in_header(NULL, "X", 1, &verifier, NULL));
    CHECK(verifier == NULL);
    EXPECT(INVALID, countersign_sign(NULL, &delivery, NULL, 0, 0, &lines, NULL));
    EXPECT(INVALID, countersign_headers_get(NULL, 0, &header));
    CHECK(header.name == NULL && header.name_length == 0 && header.value == NULL && header.value_length == 0);
    CHECK(countersign_headers_count(NULL) == 0);
    /* Nowhere to put the handle. */
    EXPECT(INVALID, countersign_verifier_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &secret, 1,
                                              NULL, &text));
    EXPECT(INVALID, countersign_verifier_token(&secret, 1, NULL, NULL));
    EXPECT(INVALID, countersign_verifier_preset("github", 6, &secret, 1, NULL, NULL, NULL));
    EXPECT(INVALID, countersign_verifier_connection("{}", 2, NULL, NULL));

    countersign_verifier_free(NULL);
    countersign_stream_free(NULL);
    countersign_signer_free(NULL);
    countersign_headers_free(NULL);
    countersign_handshake_free(NULL);
}

static void replay_memories(const countersign_verifier *verifier) {
    static char block[64];
    uintptr_t odd = (uintptr_t)block | 1;
    countersign_replay_memory *memory = (countersign_replay_memory *)(void *)stale(), *none = NULL;
    countersign_identity identity = {{7}};
    uint64_t ticket = 7, window = 7;
    uint32_t answer = 7;
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_replay_memory_new(0, &memory));
    CHECK(memory == NULL);
    EXPECT(INVALID, countersign_replay_memory_new(1, NULL));
    EXPECT(0, countersign_replay_memory_new(SIZE_MAX, &memory));
    /* What is written is never left as it was. */
    EXPECT(INVALID, countersign_replay_memory_take(none, &identity, 0, 60, &ticket, &answer));
    CHECK(ticket == 0 && answer == 0);
    ticket = answer = 7;
    EXPECT(INVALID, countersign_replay_memory_take(memory, NULL, 0, 60, &ticket, &answer));
    CHECK(ticket == 0 && answer == 0);
    answer = 7;
    EXPECT(INVALID, countersign_replay_memory_take(memory, &identity, 0, 60, NULL, &answer));
    CHECK(answer == 0);
    ticket = 7;
    EXPECT(INVALID, countersign_replay_memory_take(memory, &identity, 0, 60, &ticket, (uint32_t *)odd));
    CHECK(ticket == 0);
    EXPECT(INVALID, countersign_replay_memory_take(memory, &identity, 0, 60, (uint64_t *)odd, &answer));
    /* A window of 0 would remember nothing. */
    EXPECT(INVALID, countersign_replay_memory_take(memory, &identity, 0, 0, &ticket, &answer));
    CHECK(ticket == 0 && countersign_replay_memory_len(memory) == 0);
    answer = 7;
    EXPECT(INVALID, countersign_replay_memory_finish(none, &identity, 1, &answer));
    CHECK(answer == 0);
    answer = 7;
    EXPECT(INVALID, countersign_replay_memory_forget(none, &identity, 1, &answer));
    CHECK(answer == 0);
    EXPECT(INVALID, countersign_replay_memory_finish(memory, NULL, 1, &answer));
    EXPECT(INVALID, countersign_replay_memory_forget(memory, NULL, 1, NULL));
    EXPECT(INVALID, countersign_replay_memory_forget(memory, &identity, 1, (uint32_t *)odd));
    CHECK(countersign_replay_memory_len(NULL) == 0 && countersign_replay_memory_evicted(NULL) == 0);
    /* The ends of the clock and of time. */
    EXPECT(0, countersign_replay_memory_take(memory, &identity, INT64_MIN, UINT64_MAX, &ticket, NULL));
    CHECK(ticket != 0);
    EXPECT(COUNTERSIGN_STATUS_REPLAYED,
           countersign_replay_memory_take(memory, &identity, INT64_MAX, UINT64_MAX, &ticket, &answer));
    CHECK(ticket == 0 && answer == 0);
    EXPECT(INVALID, countersign_verifier_replay_window(NULL, 60, &window));
    CHECK(window == 0);
    EXPECT(INVALID, countersign_verifier_replay_window(verifier, 60, NULL));
    countersign_replay_memory_free(memory);
    countersign_replay_memory_free(NULL);
}

static void null_with_a_length(countersign_verifier *verifier) {
    countersign_verifier *made = stale();
    countersign_signer *signer = NULL;
    countersign_stream *stream = NULL;
    countersign_handshake *handshake = NULL;
    countersign_secret secret = secret_of(NULL, 5), good = secret_of("s", 1);
    countersign_delivery delivery;
    EXPECT(INVALID, countersign_verify_signature(verifier, NULL, 1, "", 0, NULL));
    EXPECT(INVALID, countersign_verify_signature(verifier, HEX, strlen(HEX), NULL, 1, NULL));
    EXPECT(INVALID, countersign_stream_begin_signature(verifier, NULL, 1, &stream));
    EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, NULL, 1));
    EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &secret, 1));
    EXPECT(INVALID, countersign_verifier_connection(NULL, 2, &made, NULL));
    EXPECT(INVALID, countersign_verifier_connection_with_secrets("{}", 2, NULL, 2, &made, NULL));
    EXPECT(INVALID, countersign_verifier_scheme(NULL, 2, &good, 1, NULL, &made, NULL));
    EXPECT(INVALID, countersign_verifier_preset(NULL, 2, &good, 1, NULL, &made, NULL));
    EXPECT(INVALID, countersign_verifier_preset("github", 6, &secret, 1, NULL, &made, NULL));
    EXPECT(INVALID, countersign_verifier_in_header(verifier, NULL, 2, &made, NULL));
    EXPECT(INVALID, countersign_signer_connection(NULL, 2, 0, &signer, NULL));
    EXPECT(INVALID,
           countersign_signer_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, NULL, 3, &signer, NULL));
    CHECK(made == NULL && signer == NULL);
#define FIELD(pointer, length)                                                                                         \
    memset(&delivery, 0, sizeof delivery);                                                                             \
    delivery.pointer = NULL;                                                                                           \
    delivery.length = 1;                                                                                               \
    EXPECT(INVALID, countersign_verify(verifier, &delivery, 0, NULL));                                                 \
    handshake = (countersign_handshake *)(void *)stale();                                                              \
    EXPECT(INVALID, countersign_handshake_new(verifier, &delivery, 0, &handshake));                                    \
    CHECK(handshake == NULL);
    FIELD(method, method_length)
    FIELD(url, url_length)
    FIELD(headers, header_count)
    FIELD(body, body_length)
    /* Of a stream the body is not looked at. */
    EXPECT(COUNTERSIGN_STATUS_MISSING_SIGNATURE, countersign_stream_begin(verifier, &delivery, 0, &stream));
    for (int part = 0; part < 2; part++) {
        countersign_header header = {NULL, part == 0, NULL, part == 1};
        memset(&delivery, 0, sizeof delivery);
        delivery.headers = &header;
        delivery.header_count = 1;
        EXPECT(INVALID, countersign_verify(verifier, &delivery, 0, NULL));
        EXPECT(INVALID, countersign_stream_begin(verifier, &delivery, 0, &stream));
        EXPECT(INVALID, countersign_handshake_new(verifier, &delivery, 0, &handshake));
    }
}

static void huge_lengths(countersign_verifier *verifier) {
    for (size_t at = 0; at < HUGE_COUNT; at++) {
        size_t length = huge[at];
        char room[2] = {'?', '?'};
        countersign_text text = {room, length, 0};
        countersign_verifier *made = NULL;
        countersign_signer *signer = NULL;
        countersign_stream *stream = NULL;
        countersign_handshake *handshake = NULL;
        countersign_secret secret = secret_of("s", length), good = secret_of("s", 1);
        countersign_header header = {"X", length, "y", 1};
        countersign_delivery delivery;
        countersign_signed_body item = {verifier, HEX, strlen(HEX), BODY, strlen(BODY)};
        countersign_verdict verdict;
        EXPECT(INVALID, countersign_verify_signature(verifier, HEX, length, "", 0, &verdict));
        EXPECT(INVALID, countersign_verify_signature(verifier, HEX, strlen(HEX), "", length, &verdict));
        EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &secret, 1));
        EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &good, length));
        EXPECT(INVALID, countersign_verifier_connection("{}", length, &made, NULL));
        EXPECT(INVALID, countersign_verifier_scheme("{}", length, &good, 1, NULL, &made, NULL));
        EXPECT(INVALID, countersign_verifier_preset("github", length, &good, 1, NULL, &made, NULL));
        EXPECT(INVALID, countersign_verifier_in_header(verifier, "X", length, &made, NULL));
        EXPECT(INVALID, countersign_signer_hmac(4, 1, "s", length, &signer, NULL));
        EXPECT(INVALID, countersign_verifier_header(verifier, &text));
        CHECK(room[0] == '?');
        EXPECT(0, countersign_stream_begin_signature(verifier, HEX, strlen(HEX), &stream));
        EXPECT(INVALID, countersign_stream_update(stream, "x", length));
        /* It is as it was. */
        EXPECT(0, countersign_stream_update(stream, BODY, strlen(BODY)));
        EXPECT(0, countersign_stream_finish(stream, &verdict));
        countersign_stream_free(stream);
        memset(&delivery, 0, sizeof delivery);
        delivery.headers = &header;
        delivery.header_count = 1;
        EXPECT(INVALID, countersign_verify(verifier, &delivery, 0, &verdict));
        header.name_length = 1;
        header.value_length = length;
        EXPECT(INVALID, countersign_verify(verifier, &delivery, 0, &verdict));
        delivery.header_count = length;
        EXPECT(INVALID, countersign_verify(verifier, &delivery, 0, &verdict));
        EXPECT(INVALID, countersign_handshake_new(verifier, &delivery, 0, &handshake));
        /* The verdicts that there is no room for are not written. */
        verdict.status = COUNTERSIGN_STATUS_MISMATCH;
        EXPECT(INVALID, countersign_verify_batch(&item, length, &verdict));
        CHECK(verdict.status == COUNTERSIGN_STATUS_MISMATCH);
    }
}

static void misaligned_pointers(countersign_verifier *verifier) {
    static char block[4 * sizeof(countersign_delivery)];
    uintptr_t odd = (uintptr_t)block | 1;
    countersign_handshake *handshake = NULL;
    countersign_delivery delivery;
    EXPECT(INVALID, countersign_verify(verifier, (const countersign_delivery *)odd, 0, NULL));
    EXPECT(INVALID, countersign_verify_signature(verifier, HEX, strlen(HEX), "", 0, (countersign_verdict *)odd));
    EXPECT(INVALID, countersign_verify_signature((const countersign_verifier *)odd, HEX, strlen(HEX), "", 0, NULL));
    EXPECT(INVALID,
           countersign_verify_batch((const countersign_signed_body *)odd, 1, (countersign_verdict *)(void *)block));
    EXPECT(INVALID,
           make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, (const countersign_secret *)odd, 1));
    EXPECT(INVALID, countersign_verifier_can_stream(verifier, (countersign_text *)odd));
    memset(&delivery, 0, sizeof delivery);
    EXPECT(INVALID, countersign_handshake_new(verifier, &delivery, 0, (countersign_handshake **)odd));
    EXPECT(INVALID, countersign_handshake_new(verifier, (const countersign_delivery *)odd, 0, &handshake));
}

static void nothing_where_something_is_needed(countersign_verifier *verifier) {
    countersign_verifier *made = stale();
    countersign_secret empty = secret_of(NULL, 0), good = secret_of("s", 1), nine[9];
    countersign_delivery delivery;
    memset(&delivery, 0, sizeof delivery);
    EXPECT(COUNTERSIGN_STATUS_MALFORMED_SIGNATURE, countersign_verify_signature(verifier, NULL, 0, NULL, 0, NULL));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH,
           countersign_verify_signature(verifier, SIGNATURE, strlen(SIGNATURE), NULL, 0, NULL));
    EXPECT(COUNTERSIGN_STATUS_MISSING_SIGNATURE, countersign_verify(verifier, &delivery, 0, NULL));
    EXPECT(COUNTERSIGN_STATUS_EMPTY_SECRET,
           make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, NULL, 0));
    EXPECT(COUNTERSIGN_STATUS_EMPTY_SECRET,
           make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &empty, 1));
    EXPECT(COUNTERSIGN_STATUS_EMPTY_SECRET, countersign_verifier_token(NULL, 0, &made, NULL));
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_connection(NULL, 0, &made, NULL));
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_scheme(NULL, 0, &good, 1, NULL, &made, NULL));
    EXPECT(COUNTERSIGN_STATUS_UNKNOWN_PRESET, countersign_verifier_preset(NULL, 0, &good, 1, NULL, &made, NULL));
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_in_header(verifier, NULL, 0, &made, NULL));
    CHECK(made == NULL);
    for (int index = 0; index < 9; index++) nine[index] = good;
    EXPECT(0, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, nine, 8));
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
           make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, nine, 9));
}

/* A count over the limit is refused before anything is read. Here the array has one secret whose pointer is no address, so
   a library that reads it crashes. */
static void too_many_secrets(void) {
    static const char json[] = "{\"auth_method\": \"HMAC\", \"algorithm\": \"SHA_256\"}";
    static const char scheme[] = "{\"signature\": {\"header\": \"X-Sign\"}, \"algorithm\": \"SHA_256\", "
                                 "\"encoding\": \"HEXA_DECIMAL\", \"signed\": \"{body}\"}";
    countersign_secret one = secret_of((const char *)(uintptr_t)1, 1);
    const size_t counts[] = {9, 1000000};
    char room[256];
    for (size_t at = 0; at < sizeof counts / sizeof *counts; at++) {
        size_t count = counts[at];
        countersign_verifier *made = stale();
        countersign_text text = {room, sizeof room, 0};
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
               make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &one, count));
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_token(&one, count, &made, NULL));
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
               countersign_verifier_scheme(scheme, strlen(scheme), &one, count, NULL, &made, NULL));
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
               countersign_verifier_connection_with_secrets(json, strlen(json), &one, count, &made, NULL));
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
               countersign_verifier_preset("github", 6, &one, count, NULL, &made, &text));
        CHECK(made == NULL && strstr(room, "more than 8 secrets") != NULL);
    }
}

/* A verifier that checks nothing takes the word NONE, and nothing beside it that asks for a check. */
static void nothing_is_left_unchecked_by_accident(void) {
    static const char *const silent[] = {
        "{}",
        "{\"algorithm\": \"SHA_256\"}",
        "{\"signature_encoding\": \"HEXA_DECIMAL\"}",
        "{\"group_id\": \"g\", \"service\": \"webhooks\", \"config\": {\"schema\": \"s\", \"table\": \"t\"}}",
        "{\"auth_method\": \"NONE\", \"auth_secret\": \"s\"}",
        "{\"auth_method\": \"NONE\", \"auth_secret\": null}",
        "{\"auth_method\": \"NONE\", \"auth_header_key\": \"X-Sign\"}",
    };
    static const char none[] = "{\"auth_method\": \"NONE\"}";
    countersign_secret secret = secret_of("s", 1);
    char room[512];
    for (size_t at = 0; at < sizeof silent / sizeof *silent; at++) {
        const char *json = silent[at];
        countersign_verifier *made = stale();
        countersign_signer *signer = (countersign_signer *)(void *)stale();
        countersign_text text = {room, sizeof room, 0};
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_connection(json, strlen(json), &made, &text));
        CHECK(made == NULL && strstr(room, "auth_") != NULL && text.length < sizeof room);
        made = stale();
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
               countersign_verifier_connection_with_secrets(json, strlen(json), NULL, 0, &made, NULL));
        CHECK(made == NULL);
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
               countersign_verifier_connection_with_secrets(json, strlen(json), &secret, 1, &made, NULL));
        EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_signer_connection(json, strlen(json), 0, &signer, NULL));
        CHECK(signer == NULL);
    }
    countersign_verifier *verifier = NULL, *moved = stale();
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
           countersign_verifier_connection_with_secrets(none, strlen(none), &secret, 1, &verifier, NULL));
    EXPECT(0, countersign_verifier_connection(none, strlen(none), &verifier, NULL));
    EXPECT(0, countersign_verify_signature(verifier, "forged", 6, BODY, strlen(BODY), NULL));
    /* No header is looked at, so there is none to name. */
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_in_header(verifier, "X-Sign", 6, &moved, NULL));
    CHECK(moved == NULL);
    countersign_verifier_free(verifier);
}

static void numbers_that_name_nothing(void) {
    countersign_secret secret = secret_of("s", 1);
    countersign_signer *signer = NULL;
    uint32_t good_algorithms = 0, good_encodings = 0;
    for (uint32_t number = 0; number < 1000; number++) {
        good_algorithms += make_hmac(number, COUNTERSIGN_ENCODING_BASE64, &secret, 1) == 0;
        good_encodings += make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, number, &secret, 1) == 0;
    }
    CHECK(good_algorithms == 7 && good_encodings == 3);
    EXPECT(INVALID, make_hmac(UINT32_MAX, COUNTERSIGN_ENCODING_BASE64, &secret, 1));
    EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_NONE, COUNTERSIGN_ENCODING_BASE64, &secret, 1));
    EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, 0, &secret, 1));
    EXPECT(INVALID, countersign_signer_hmac(COUNTERSIGN_ALGORITHM_INFER_FROM_HEADER, 1, "s", 1, &signer, NULL));
    secret.bounds = 4;
    EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &secret, 1));
    /* A bound that would do nothing. */
    secret.bounds = COUNTERSIGN_BOUND_NOT_BEFORE;
    secret.not_after_ms = 1;
    EXPECT(INVALID, make_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, &secret, 1));
    CHECK(strcmp(countersign_status_name(16), "unknown_status") == 0);
    CHECK(strcmp(countersign_status_name(UINT32_MAX), "unknown_status") == 0);
    CHECK(strcmp(countersign_status_message(UINT32_MAX), "a number that is no status") == 0);
    CHECK(strcmp(countersign_algorithm_name(UINT32_MAX), "UNKNOWN") == 0);
}

static void text_that_is_not_utf_8(countersign_verifier *verifier) {
    static const char bad[] = "\xff\xfe";
    countersign_verifier *made = stale();
    countersign_signer *signer = NULL;
    countersign_headers *lines = NULL;
    countersign_handshake *handshake = NULL;
    countersign_secret secret = secret_of("s", 1);
    countersign_header header = {bad, 2, bad, 2}, sign = {"X-Fivetran-Hmac-Sign", 20, SIGNATURE, strlen(SIGNATURE)};
    countersign_delivery delivery;
    memset(&delivery, 0, sizeof delivery);
    EXPECT(INVALID, countersign_verifier_connection(bad, 2, &made, NULL));
    EXPECT(INVALID, countersign_verifier_scheme(bad, 2, &secret, 1, NULL, &made, NULL));
    EXPECT(INVALID, countersign_verifier_preset(bad, 2, &secret, 1, NULL, &made, NULL));
    EXPECT(INVALID, countersign_verifier_in_header(verifier, bad, 2, &made, NULL));
    CHECK(made == NULL);
    /* Method and URL are the sender's: they matter where they are signed, and then they fit no signature. */
    delivery.method = delivery.url = bad;
    delivery.method_length = delivery.url_length = 2;
    delivery.headers = &sign;
    delivery.header_count = 1;
    delivery.body = BODY;
    delivery.body_length = strlen(BODY);
    EXPECT(0, countersign_verify(verifier, &delivery, 0, NULL));
    {
        static const char scheme[] = "{\"signature\": {\"header\": \"X-Fivetran-Hmac-Sign\", \"format\": \"labelled\"}, "
                                     "\"algorithm\": \"SHA_256\", \"encoding\": \"HEXA_DECIMAL\", "
                                     "\"signed\": \"{method} {url} {body}\"}";
        countersign_stream *stream = NULL;
        EXPECT(0, countersign_verifier_preset("dropbox", 7, &secret, 1, NULL, &made, NULL));
        EXPECT(0, countersign_handshake_new(made, &delivery, 0, &handshake));
        CHECK(handshake == NULL);
        countersign_verifier_free(made);
        EXPECT(0, countersign_verifier_scheme(scheme, strlen(scheme), &secret, 1, NULL, &made, NULL));
        EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_verify(made, &delivery, 0, NULL));
        EXPECT(0, countersign_stream_begin(made, &delivery, 0, &stream));
        EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_stream_finish(stream, NULL));
        countersign_stream_free(stream);
        countersign_verifier_free(made);
        /* What is to be sent is the caller's. */
        EXPECT(0, countersign_signer_scheme(scheme, strlen(scheme), "s", 1, 0, &signer, NULL));
        EXPECT(INVALID, countersign_sign(signer, &delivery, NULL, 0, 0, &lines, NULL));
        delivery.method_length = 0;
        EXPECT(INVALID, countersign_sign(signer, &delivery, NULL, 0, 0, &lines, NULL));
        countersign_signer_free(signer);
    }
    memset(&delivery, 0, sizeof delivery);
    /* Names and values of headers, signatures, secrets and bodies may be any bytes. */
    {
        countersign_header both[2];
        both[0] = header;
        both[1] = sign;
        delivery.headers = both;
        delivery.header_count = 2;
        delivery.body = BODY;
        delivery.body_length = strlen(BODY);
        EXPECT(0, countersign_verify(verifier, &delivery, 0, NULL));
        EXPECT(0, countersign_signer_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_BASE64, bad, 2, &signer,
                                          NULL));
        EXPECT(INVALID, countersign_sign(signer, &delivery, bad, 2, 0, &lines, NULL));
        EXPECT(INVALID, countersign_sign(signer, &delivery, NULL, 0, 0, &lines, NULL));
        countersign_signer_free(signer);
    }
    EXPECT(COUNTERSIGN_STATUS_UNKNOWN_ALGORITHM, countersign_verify_signature(verifier, "\xff=ab", 4, "", 0, NULL));
}

/* Singly and in a batch. */
static countersign_status both_ways(countersign_verifier *verifier, const countersign_header *lines, size_t count,
                                    const char *body) {
    countersign_delivery delivery;
    countersign_received_delivery item;
    countersign_verdict verdict;
    countersign_status status;
    memset(&delivery, 0, sizeof delivery);
    delivery.headers = lines;
    delivery.header_count = count;
    delivery.body = body;
    delivery.body_length = strlen(body);
    item.verifier = verifier;
    item.delivery = delivery;
    item.now_ms = 0;
    status = countersign_verify(verifier, &delivery, 0, NULL);
    EXPECT(status, countersign_verify_delivery_batch(&item, 1, &verdict));
    CHECK(verdict.status == status);
    return status;
}

/* A delivery that is authentic stays so beside lines that nobody asks for; what is rejected is 64 for them. */
static void lines_that_cannot_be_read(countersign_verifier *verifier) {
    static const char name[] = "X-Fivetran-Hmac-Sign";
    const countersign_header good = {name, strlen(name), SIGNATURE, strlen(SIGNATURE)};
    const countersign_header bad[] = {{NULL, 1, "y", 1},
                                      {"x", 1, NULL, 1},
                                      {"x", SIZE_MAX, "y", 1},
                                      {"x", 1, "y", SIZE_MAX / 2 + 1},
                                      {NULL, strlen(name), SIGNATURE, strlen(SIGNATURE)}};
    const countersign_header without_value = {name, strlen(name), NULL, 1};
    countersign_header lines[2];
    for (size_t at = 0; at < sizeof bad / sizeof *bad; at++) {
        for (size_t place = 0; place < 2; place++) {
            lines[place] = bad[at];
            lines[1 - place] = good;
            EXPECT(0, both_ways(verifier, lines, 2, BODY));
            EXPECT(INVALID, both_ways(verifier, lines, 2, "another"));
        }
        EXPECT(INVALID, both_ways(verifier, &bad[at], 1, BODY));
    }
    /* The line of the signature itself. */
    EXPECT(INVALID, both_ways(verifier, &without_value, 1, BODY));
    lines[0] = good;
    lines[1] = without_value;
    EXPECT(INVALID, both_ways(verifier, lines, 2, BODY));
}

int main(void) {
    countersign_verifier *verifier = example_verifier();
    handles_that_are_null(verifier);
    replay_memories(verifier);
    null_with_a_length(verifier);
    huge_lengths(verifier);
    misaligned_pointers(verifier);
    nothing_where_something_is_needed(verifier);
    too_many_secrets();
    nothing_is_left_unchecked_by_accident();
    numbers_that_name_nothing();
    text_that_is_not_utf_8(verifier);
    lines_that_cannot_be_read(verifier);
    /* After all that it works as before. */
    EXPECT(0, countersign_verify_signature(verifier, SIGNATURE, strlen(SIGNATURE), BODY, strlen(BODY), NULL));
    countersign_verifier_free(verifier);
    return report("misuse");
}
