/* What a user of each function sees when all goes well, and what a configuration error tells. */
#include "check.h"

static const char connection[] = "{\"auth_method\": \"HMAC\", \"auth_secret\": \"new one\", \"secrets\": [\"old one\"],"
                                 " \"algorithm\": \"INFER_FROM_HEADER\", \"signature_encoding\": \"HEXA_DECIMAL\"}";

static void headers_and_tokens(countersign_verifier *verifier) {
    countersign_verifier *other = NULL;
    countersign_secret tokens[2];
    countersign_delivery delivery;
    countersign_header header = {"x-hub-signature-256", 19, SIGNATURE, strlen(SIGNATURE)};
    countersign_verdict verdict;
    char room[32];
    countersign_text name = {room, sizeof room, 0};
    memset(&delivery, 0, sizeof delivery);
    delivery.headers = &header;
    delivery.header_count = 1;
    delivery.body = BODY;
    delivery.body_length = strlen(BODY);
    EXPECT(0, countersign_verifier_header(verifier, &name));
    CHECK(strcmp(room, "X-Fivetran-Hmac-Sign") == 0 && name.length == strlen(room));
    EXPECT(COUNTERSIGN_STATUS_MISSING_SIGNATURE, countersign_verify(verifier, &delivery, 0, NULL));
    EXPECT(0, countersign_verifier_in_header(verifier, "X-Hub-Signature-256", 19, &other, NULL));
    EXPECT(0, countersign_verify(other, &delivery, 0, &verdict));
    CHECK(verdict.status == 0 && verdict.algorithm == COUNTERSIGN_ALGORITHM_SHA_256 && verdict.secret_index == 0);
    countersign_verifier_free(other);

    tokens[0] = secret_of("first", 5);
    tokens[1] = secret_of("second", 6);
    EXPECT(0, countersign_verifier_token(tokens, 2, &other, NULL));
    EXPECT(0, countersign_verify_signature(other, "Bearer second", 13, NULL, 0, &verdict));
    CHECK(verdict.secret_index == 1 && verdict.algorithm == COUNTERSIGN_ALGORITHM_NONE);
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_verify_signature(other, "third", 5, NULL, 0, &verdict));
    CHECK(verdict.secret_index == COUNTERSIGN_NO_SECRET);
    countersign_verifier_free(other);
}

static void secrets_with_bounds(void) {
    countersign_verifier *verifier = NULL;
    countersign_secret secret = secret_of(SECRET, strlen(SECRET));
    countersign_header header = {"X-Fivetran-Hmac-Sign", 20, SIGNATURE, strlen(SIGNATURE)};
    countersign_delivery delivery;
    memset(&delivery, 0, sizeof delivery);
    delivery.headers = &header;
    delivery.header_count = 1;
    delivery.body = BODY;
    delivery.body_length = strlen(BODY);
    secret.bounds = COUNTERSIGN_BOUND_NOT_BEFORE | COUNTERSIGN_BOUND_NOT_AFTER;
    secret.not_before_ms = 1000;
    secret.not_after_ms = 2000;
    EXPECT(0, countersign_verifier_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, &secret, 1,
                                        &verifier, NULL));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_verify(verifier, &delivery, 999, NULL));
    EXPECT(0, countersign_verify(verifier, &delivery, 1000, NULL));
    EXPECT(0, countersign_verify(verifier, &delivery, 2000, NULL));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_verify(verifier, &delivery, 2001, NULL));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_verify(verifier, &delivery, INT64_MIN, NULL));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_verify(verifier, &delivery, INT64_MAX, NULL));
    countersign_verifier_free(verifier);
}

static void streams(countersign_verifier *verifier) {
    countersign_stream *stream = NULL, *given_up = NULL;
    countersign_verdict verdict;
    EXPECT(COUNTERSIGN_STATUS_MALFORMED_ENCODING,
           countersign_stream_begin_signature(verifier, "sha256=xy", 9, &stream));
    CHECK(stream == NULL);
    EXPECT(0, countersign_stream_begin_signature(verifier, SIGNATURE, strlen(SIGNATURE), &stream));
    EXPECT(0, countersign_stream_begin_signature(verifier, SIGNATURE, strlen(SIGNATURE), &given_up));
    EXPECT(0, countersign_stream_update(given_up, BODY, 3));
    countersign_stream_free(given_up);
    for (size_t at = 0; at < strlen(BODY); at++) EXPECT(0, countersign_stream_update(stream, &BODY[at], 1));
    EXPECT(0, countersign_stream_update(stream, NULL, 0));
    EXPECT(0, countersign_stream_finish(stream, &verdict));
    CHECK(verdict.status == 0 && verdict.algorithm == COUNTERSIGN_ALGORITHM_SHA_256 && verdict.secret_index == 0);
    /* It decides once. */
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_stream_update(stream, BODY, 1));
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_stream_finish(stream, &verdict));
    CHECK(verdict.status == COUNTERSIGN_STATUS_INVALID_ARGUMENT);
    /* Nobody asked who it is. */
    countersign_identity identity;
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_stream_identity(stream, &identity));
    countersign_stream_free(stream);
}

/* The messages of a sender that signs the body alone have identities of their own, although the heads are passed without
   their bodies. */
static void identified_streams(countersign_verifier *verifier) {
    countersign_header header = {"X-Fivetran-Hmac-Sign", 20, SIGNATURE, strlen(SIGNATURE)};
    countersign_delivery head = {.headers = &header, .header_count = 1}, whole = head;
    countersign_identity identity, expected, of_no_body;
    countersign_stream *stream = NULL;
    whole.body = BODY;
    whole.body_length = strlen(BODY);
    EXPECT(0, countersign_identify(verifier, &whole, &expected));
    EXPECT(0, countersign_identify(verifier, &head, &of_no_body));
    for (size_t cut = 0; cut <= strlen(BODY); cut++) {
        EXPECT(0, countersign_stream_begin_identified(verifier, &head, 0, &stream));
        EXPECT(0, countersign_stream_update(stream, BODY, cut));
        EXPECT(0, countersign_stream_update(stream, &BODY[cut], strlen(BODY) - cut));
        EXPECT(0, countersign_stream_finish(stream, NULL));
        EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_stream_finish(stream, NULL));
        for (int again = 0; again < 2; again++) {
            EXPECT(0, countersign_stream_identity(stream, &identity));
            CHECK(memcmp(&identity, &expected, sizeof identity) == 0);
            CHECK(memcmp(&identity, &of_no_body, sizeof identity) != 0);
        }
        countersign_stream_free(stream);
    }
    /* What is not authentic has none. */
    static const countersign_identity zeros = {{0}};
    EXPECT(0, countersign_stream_begin_identified(verifier, &head, 0, &stream));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, countersign_stream_finish(stream, NULL));
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_stream_identity(stream, &identity));
    CHECK(memcmp(&identity, &zeros, sizeof identity) == 0);
    countersign_stream_free(stream);
}

static void signing(void) {
    countersign_verifier *verifier = NULL;
    countersign_signer *signer = NULL, *other = NULL, *none = NULL;
    countersign_headers *lines = NULL;
    countersign_header headers[2];
    countersign_delivery message;
    countersign_verdict verdict;
    static const uint32_t algorithms[] = {COUNTERSIGN_ALGORITHM_NONE, COUNTERSIGN_ALGORITHM_MD5,
                                          COUNTERSIGN_ALGORITHM_SHA_512};
    memset(&message, 0, sizeof message);
    message.body = BODY;
    message.body_length = strlen(BODY);
    EXPECT(0, countersign_verifier_connection(connection, strlen(connection), &verifier, NULL));
    for (int index = 0; index < 3; index++) {
        EXPECT(0, countersign_signer_connection(connection, strlen(connection), algorithms[index], &signer, NULL));
        EXPECT(0, countersign_sign(signer, &message, NULL, 0, countersign_now_ms(), &lines, NULL));
        CHECK(countersign_headers_count(lines) == 1);
        EXPECT(0, countersign_headers_get(lines, 0, &headers[0]));
        CHECK(strcmp(headers[0].name, "X-Fivetran-Hmac-Sign") == 0 && headers[0].name_length == 20);
        CHECK(strlen(headers[0].value) == headers[0].value_length);
        EXPECT(0, countersign_verify_signature(verifier, headers[0].value, headers[0].value_length, BODY, strlen(BODY),
                                               &verdict));
        CHECK(verdict.algorithm == (index == 0 ? (uint32_t)COUNTERSIGN_ALGORITHM_SHA_256 : algorithms[index]));
        EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_headers_get(lines, 1, &headers[1]));
        CHECK(headers[1].name == NULL);
        countersign_headers_free(lines);
        countersign_signer_free(signer);
    }
    countersign_verifier_free(verifier);

    EXPECT(0, countersign_signer_hmac(COUNTERSIGN_ALGORITHM_SHA_256, COUNTERSIGN_ENCODING_HEXA_DECIMAL, SECRET,
                                      strlen(SECRET), &signer, NULL));
    EXPECT(0, countersign_signer_in_header(signer, "X-Mine", 6, &other, NULL));
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_signer_in_header(signer, "not a name", 10, &none, NULL));
    CHECK(none == NULL);
    EXPECT(0, countersign_sign(other, &message, NULL, 0, 0, &lines, NULL));
    EXPECT(0, countersign_headers_get(lines, 0, &headers[0]));
    CHECK(strcmp(headers[0].name, "X-Mine") == 0 && strcmp(headers[0].value, HEX) == 0);
    countersign_headers_free(lines);
    countersign_signer_free(other);
    countersign_signer_free(signer);
}

/* What a person is told, whole and cut off, and that it is no secret. */
static void configuration_errors(void) {
    static const char json[] =
        "{\"auth_method\": \"HMAC\",\n \"auth_secret\": \"do not tell\",\n \"algoritm\": \"SHA_256\"}";
    countersign_verifier *verifier = NULL;
    countersign_secret secrets[2];
    char room[512], small[12];
    countersign_text error = {room, sizeof room, 0}, cut = {small, sizeof small, 0}, none = {NULL, 0, 0};
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_connection(json, strlen(json), &verifier, &error));
    printf("says: %s\n", room);
    CHECK(strstr(room, "line 3") != NULL && strstr(room, "algorithm") != NULL && strstr(room, "do not tell") == NULL);
    CHECK(error.length == strlen(room) && error.length < error.capacity);
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_connection(json, strlen(json), &verifier, &cut));
    CHECK(cut.length == error.length && strlen(small) == 11 && strncmp(small, room, 11) == 0);
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_connection(json, strlen(json), &verifier, &none));
    CHECK(none.length == error.length);
    secrets[0] = secret_of("do not tell", 11);
    secrets[1] = secret_of(NULL, 3);
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_verifier_token(secrets, 2, &verifier, &error));
    CHECK(strcmp(room, "secrets[1]: the secret's data is NULL") == 0);
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_verifier_hmac(99, 1, secrets, 1, &verifier, &error));
    CHECK(strstr(room, "99") != NULL);
    /* A call that succeeds leaves nothing of it. */
    EXPECT(0, countersign_verifier_token(secrets, 1, &verifier, &error));
    CHECK(error.length == 0 && room[0] == '\0');
    countersign_verifier_free(verifier);
}

static void batches(countersign_verifier *verifier) {
    enum { COUNT = 2500 };
    static countersign_signed_body items[COUNT];
    static countersign_verdict verdicts[COUNT];
    EXPECT(0, countersign_verify_batch(NULL, 0, NULL));
    EXPECT(0, countersign_verify_delivery_batch(NULL, 0, NULL));
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_verify_batch(NULL, 1, verdicts));
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_verify_batch(items, 1, NULL));
    for (size_t index = 0; index < COUNT; index++) {
        countersign_signed_body item = {verifier, SIGNATURE, strlen(SIGNATURE), BODY, strlen(BODY)};
        items[index] = item;
    }
    EXPECT(0, countersign_verify_batch(items, COUNT, verdicts));
    /* One that cannot be used and one that is wrong, on both sides of what is worked on at a time. */
    items[1023].verifier = NULL;
    items[1024].body_length--;
    items[2499].signature_length = SIZE_MAX;
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT, countersign_verify_batch(items, COUNT, verdicts));
    for (size_t index = 0; index < COUNT; index++) {
        countersign_status expected = index == 1023 || index == 2499 ? COUNTERSIGN_STATUS_INVALID_ARGUMENT
                                      : index == 1024                ? COUNTERSIGN_STATUS_MISMATCH
                                                                     : COUNTERSIGN_STATUS_AUTHENTIC;
        CHECK(verdicts[index].status == expected);
        CHECK(verdicts[index].secret_index == (expected == 0 ? 0 : COUNTERSIGN_NO_SECRET));
    }
}

int main(void) {
    countersign_verifier *verifier = example_verifier();
    headers_and_tokens(verifier);
    secrets_with_bounds();
    streams(verifier);
    identified_streams(verifier);
    signing();
    configuration_errors();
    batches(verifier);
    countersign_verifier_free(verifier);
    return report("uses");
}
