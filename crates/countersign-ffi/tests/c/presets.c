/* Presets and schemes: what a signer sends, a verifier takes, in time and no other. */
#include "check.h"

static const char scheme[] =
    "{\"name\": \"shop\", \"signature\": {\"header\": \"X-Shop\", \"format\": \"pairs\", \"separator\": \",\", "
    "\"key\": \"v1\"},"
    " \"algorithm\": \"SHA_512\", \"encoding\": \"BASE64_URL\", \"signed\": \"{timestamp}.{body}\","
    " \"timestamp\": {\"from\": \"signature:t\", \"unit\": \"ms\", \"tolerance\": 5}}";

enum { MOST_LINES = 8 };
static const int64_t sent = 1614265330000;

/* Signs, then judges at `now_ms`, with one byte of the body changed or not. */
static countersign_status round_trip(const countersign_signer *signer, const countersign_verifier *verifier,
                                     int64_t now_ms, int change) {
    char body[] = "{\"test\": 2432232314}";
    countersign_headers *lines = NULL;
    countersign_header headers[MOST_LINES];
    countersign_delivery delivery;
    countersign_verdict verdict;
    countersign_status status;
    memset(&delivery, 0, sizeof delivery);
    delivery.method = "POST";
    delivery.method_length = 4;
    delivery.url = "https://shop.example/hook";
    delivery.url_length = strlen(delivery.url);
    delivery.body = body;
    delivery.body_length = strlen(body);
    EXPECT(0, countersign_sign(signer, &delivery, "msg_1", 5, sent, &lines, NULL));
    delivery.headers = headers;
    delivery.header_count = countersign_headers_count(lines);
    CHECK(delivery.header_count > 0 && delivery.header_count <= MOST_LINES);
    for (size_t index = 0; index < delivery.header_count; index++)
        EXPECT(0, countersign_headers_get(lines, index, &headers[index]));
    body[2] = (char)(body[2] + change);
    status = countersign_verify(verifier, &delivery, now_ms, &verdict);
    CHECK(verdict.status == status && (verdict.secret_index == 0) == (status == 0));
    countersign_headers_free(lines);
    return status;
}

static void in_time(const countersign_signer *signer, const countersign_verifier *verifier, int64_t past_ms,
                    int64_t future_ms) {
    EXPECT(0, round_trip(signer, verifier, sent, 0));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, round_trip(signer, verifier, sent, 1));
    EXPECT(0, round_trip(signer, verifier, sent + past_ms, 0));
    EXPECT(COUNTERSIGN_STATUS_EXPIRED, round_trip(signer, verifier, sent + past_ms + 1, 0));
    EXPECT(0, round_trip(signer, verifier, sent - future_ms, 0));
    EXPECT(COUNTERSIGN_STATUS_FROM_FUTURE, round_trip(signer, verifier, sent - future_ms - 1, 0));
}

/* The same message has one identity, however its signature is spelt and whichever secret has signed it. */
static void which_message_it_is(void) {
    static const countersign_identity none;
    static const char upper[] = "sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17";
    countersign_identity first, other;
    countersign_secret secrets[2] = {secret_of(SECRET, strlen(SECRET)), secret_of("an old one", 10)};
    countersign_header header = {"X-Hub-Signature-256", 19, SIGNATURE, strlen(SIGNATURE)};
    countersign_delivery delivery;
    countersign_verifier *verifier = NULL;
    memset(&delivery, 0, sizeof delivery);
    memset(&first, 0xaa, sizeof first);
    delivery.headers = &header;
    delivery.header_count = 1;
    delivery.body = BODY;
    delivery.body_length = strlen(BODY);
    EXPECT(0, countersign_verifier_preset("github", 6, secrets, 1, NULL, &verifier, NULL));
    EXPECT(0, countersign_identify(verifier, &delivery, &first));
    CHECK(memcmp(&first, &none, sizeof none) != 0);
    header.value = upper;
    EXPECT(0, countersign_verify(verifier, &delivery, 0, NULL));
    EXPECT(0, countersign_identify(verifier, &delivery, &other));
    CHECK(memcmp(&first, &other, sizeof other) == 0);
    delivery.body_length--;
    EXPECT(0, countersign_identify(verifier, &delivery, &other));
    CHECK(memcmp(&first, &other, sizeof other) != 0);
    delivery.body_length++;
    delivery.header_count = 0;
    EXPECT(COUNTERSIGN_STATUS_MISSING_PART, countersign_identify(verifier, &delivery, &other));
    CHECK(memcmp(&other, &none, sizeof none) == 0);
    delivery.header_count = 1;
    countersign_verifier_free(verifier);
    EXPECT(0, countersign_verifier_preset("github", 6, secrets, 2, NULL, &verifier, NULL));
    EXPECT(0, countersign_identify(verifier, &delivery, &other));
    CHECK(memcmp(&first, &other, sizeof other) == 0);
    countersign_verifier_free(verifier);

    /* A token says nothing of the message. */
    memset(&other, 0xaa, sizeof other);
    EXPECT(0, countersign_verifier_token(secrets, 1, &verifier, NULL));
    EXPECT(COUNTERSIGN_STATUS_UNSUPPORTED, countersign_identify(verifier, &delivery, &other));
    CHECK(memcmp(&other, &none, sizeof none) == 0);
    countersign_verifier_free(verifier);
}

/* What the id is, and that what stood in the room before is no part of it. */
static void which_delivery_it_is(void) {
    static const char delivery_id[] = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
    static const char connection[] = "{\"scheme\": \"github\", \"auth_secret\": \"x\", \"id_from\": \"json:/id\"}";
    char text[COUNTERSIGN_MAX_DELIVERY_ID];
    size_t length = 7;
    uint32_t is_signed = 7;
    countersign_secret secret = secret_of(SECRET, strlen(SECRET));
    countersign_header header = {"X-GitHub-Delivery", 17, delivery_id, strlen(delivery_id)};
    countersign_delivery delivery;
    countersign_verifier *verifier = NULL;
    memset(&delivery, 0, sizeof delivery);
    memset(text, 'x', sizeof text);
    delivery.headers = &header;
    delivery.header_count = 1;
    EXPECT(0, countersign_verifier_preset("github", 6, &secret, 1, NULL, &verifier, NULL));
    EXPECT(0, countersign_delivery_id(verifier, &delivery, text, sizeof text, &length, &is_signed));
    CHECK(length == strlen(delivery_id) && memcmp(text, delivery_id, length) == 0 && text[length] == 'x' && !is_signed);
    delivery.header_count = 0;
    length = 7;
    EXPECT(0, countersign_delivery_id(verifier, &delivery, text, sizeof text, &length, &is_signed));
    CHECK(length == 0 && is_signed == 0);
    /* A delivery that cannot be read is an argument that cannot be used. */
    delivery.headers = NULL;
    delivery.header_count = 1;
    EXPECT(COUNTERSIGN_STATUS_INVALID_ARGUMENT,
           countersign_delivery_id(verifier, &delivery, text, sizeof text, &length, &is_signed));
    countersign_verifier_free(verifier);

    delivery.header_count = 0;
    delivery.body = "{\"id\": 17}";
    delivery.body_length = 10;
    EXPECT(0, countersign_verifier_connection(connection, strlen(connection), &verifier, NULL));
    EXPECT(0, countersign_delivery_id(verifier, &delivery, text, sizeof text, &length, &is_signed));
    CHECK(length == 2 && memcmp(text, "17", 2) == 0 && is_signed == 1);
    countersign_verifier_free(verifier);
}

static void what_is_signed(void) {
    static const struct {
        const char *preset;
        uint32_t url, body_alone;
    } cases[] = {{"github", 0, 1},       {"whatsapp", 0, 1}, {"adyen", 0, 1},    {"stripe", 0, 0},
                 {"gitlab-token", 0, 0}, {"twilio", 1, 0},   {"mandrill", 1, 0}, {"contentful", 1, 0}};
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        const char *preset = cases[index].preset;
        countersign_secret secret = secret_of("5ec7e7", 6);
        countersign_verifier *verifier = NULL;
        uint32_t answer = 7;
        EXPECT(0, countersign_verifier_preset(preset, strlen(preset), &secret, 1, NULL, &verifier, NULL));
        EXPECT(0, countersign_verifier_signs_url(verifier, &answer));
        check(answer == cases[index].url, __FILE__, __LINE__, "%s: %u", preset, (unsigned)answer);
        EXPECT(0, countersign_verifier_signs_body_alone(verifier, &answer));
        check(answer == cases[index].body_alone, __FILE__, __LINE__, "%s: %u", preset, (unsigned)answer);
        countersign_verifier_free(verifier);
    }
}

int main(void) {
    static const char preset[] = "standard-webhooks", secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    countersign_signer *signer = NULL;
    countersign_verifier *verifier = NULL;
    countersign_secret one = secret_of(secret, strlen(secret)), malformed = secret_of("whsec_!", 7);
    countersign_tolerance tolerance = {10, 2};
    char room[512];
    countersign_text error = {room, sizeof room, 0};

    EXPECT(0, countersign_signer_preset(preset, strlen(preset), secret, strlen(secret), 0, &signer, NULL));
    EXPECT(0, countersign_verifier_preset(preset, strlen(preset), &one, 1, NULL, &verifier, NULL));
    in_time(signer, verifier, 300000, 300000);
    countersign_verifier_free(verifier);
    EXPECT(0, countersign_verifier_preset(preset, strlen(preset), &one, 1, &tolerance, &verifier, NULL));
    in_time(signer, verifier, 10000, 2000);
    countersign_verifier_free(verifier);
    countersign_signer_free(signer);

    EXPECT(0, countersign_signer_scheme(scheme, strlen(scheme), "s", 1, COUNTERSIGN_ALGORITHM_SHA_512, &signer, NULL));
    EXPECT(0, countersign_verifier_scheme(scheme, strlen(scheme), &one, 1, NULL, &verifier, NULL));
    EXPECT(COUNTERSIGN_STATUS_MISMATCH, round_trip(signer, verifier, sent, 0));
    countersign_verifier_free(verifier);
    one = secret_of("s", 1);
    EXPECT(0, countersign_verifier_scheme(scheme, strlen(scheme), &one, 1, NULL, &verifier, NULL));
    in_time(signer, verifier, 5000, 5000);
    countersign_verifier_free(verifier);
    countersign_signer_free(signer);

    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
           countersign_signer_scheme(scheme, strlen(scheme), "s", 1, COUNTERSIGN_ALGORITHM_MD5, &signer, &error));
    CHECK(signer == NULL && strstr(room, "SHA_512") != NULL);
    EXPECT(COUNTERSIGN_STATUS_MALFORMED_SECRET,
           countersign_verifier_preset(preset, strlen(preset), &malformed, 1, NULL, &verifier, &error));
    EXPECT(COUNTERSIGN_STATUS_UNKNOWN_PRESET,
           countersign_verifier_preset("githob", 6, &one, 1, NULL, &verifier, &error));
    CHECK(strstr(room, "github") != NULL);
    EXPECT(COUNTERSIGN_STATUS_UNSUPPORTED, countersign_verifier_preset("discord", 7, &one, 1, NULL, &verifier, &error));
    CHECK(strstr(room, "Ed25519") != NULL);
    /* A tolerance where no timestamp is signed. */
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG,
           countersign_verifier_preset("github", 6, &one, 1, &tolerance, &verifier, &error));
    EXPECT(COUNTERSIGN_STATUS_UNSUPPORTED, countersign_signer_preset("gitlab-token", 12, "s", 1, 0, &signer, &error));
    CHECK(verifier == NULL && signer == NULL);

    EXPECT(0, countersign_verifier_preset("github", 6, &one, 1, NULL, &verifier, &error));
    EXPECT(0, countersign_verifier_can_stream(verifier, &error));
    CHECK(error.length == 0);
    countersign_verifier_free(verifier);
    EXPECT(0, countersign_verifier_preset("contentful", 10, &one, 1, NULL, &verifier, &error));
    EXPECT(COUNTERSIGN_STATUS_UNSUPPORTED, countersign_verifier_can_stream(verifier, &error));
    CHECK(error.length > 0);
    countersign_verifier_free(verifier);
    which_message_it_is();
    which_delivery_it_is();
    what_is_signed();
    return report("presets");
}
