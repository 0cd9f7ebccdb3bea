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
    return report("presets");
}
