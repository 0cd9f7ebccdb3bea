/* The answers to handshakes: to which requests there is one, what is in it, and that no forged request gets one. */
#include "check.h"

static const char both_know[] = "a secret that both sides know";
static const int64_t sent = 1614265330000;

static countersign_verifier *preset(const char *name) {
    countersign_verifier *verifier = NULL;
    countersign_secret secret = secret_of(both_know, strlen(both_know));
    EXPECT(0, countersign_verifier_preset(name, strlen(name), &secret, 1, NULL, &verifier, NULL));
    if (verifier == NULL) exit(EXIT_FAILURE);
    return verifier;
}

static countersign_delivery request(const char *method, const char *url, const char *body) {
    countersign_delivery delivery;
    memset(&delivery, 0, sizeof delivery);
    delivery.method = method;
    delivery.method_length = strlen(method);
    delivery.url = url;
    delivery.url_length = strlen(url);
    delivery.body = body;
    delivery.body_length = strlen(body);
    return delivery;
}

/* The answer of a preset to a request, or NULL. */
static countersign_handshake *answer(const char *name, const countersign_delivery *delivery) {
    static int anything;
    countersign_handshake *handshake = (countersign_handshake *)(void *)&anything;
    countersign_verifier *verifier = preset(name);
    EXPECT(0, countersign_handshake_new(verifier, delivery, sent, &handshake));
    /* It outlives the verifier. */
    countersign_verifier_free(verifier);
    return handshake;
}

static int is_text(const char *found, size_t length, const char *expected) {
    return found != NULL && length == strlen(expected) && strcmp(found, expected) == 0;
}

/* Whether the answer has this body and this header line (NULL: none), and no secret; then it is freed. */
static int is_answer(countersign_handshake *found, const char *name, const char *value, const char *body) {
    int is_right = found != NULL && found->status == 200 && found->header_count == (name != NULL)
                   && (found->headers != NULL) == (name != NULL) && is_text(found->body, found->body_length, body)
                   && found->secret == NULL && found->secret_length == 0;
    if (is_right && name != NULL) {
        const countersign_header *line = &found->headers[0];
        is_right = is_text(line->name, line->name_length, name) && is_text(line->value, line->value_length, value);
    }
    countersign_handshake_free(found);
    return is_right;
}

#define CHALLENGE "1158201444"
#define MODE "https://example.com/hooks?hub.mode="

static void a_text_in_the_query(void) {
    countersign_delivery delivery = request("GET", MODE "subscribe&hub.challenge=" CHALLENGE, "");
    CHECK(is_answer(answer("meta", &delivery), "Content-Type", "text/plain", CHALLENGE));
    CHECK(answer("github", &delivery) == NULL);
    delivery = request("POST", MODE "subscribe&hub.challenge=" CHALLENGE, "");
    CHECK(answer("meta", &delivery) == NULL);
    delivery = request("GET", MODE "unsubscribe&hub.challenge=" CHALLENGE, "");
    CHECK(answer("meta", &delivery) == NULL);
    delivery = request("GET", MODE "subscribe&hub.challenge=%3Cscript%3E", "");
    CHECK(answer("meta", &delivery) == NULL);
    delivery = request("", "", "");
    CHECK(answer("meta", &delivery) == NULL);
}

/* Expected value by Python's hmac. */
static void a_mac(void) {
    countersign_delivery delivery = request("GET", "/?crc_token=challenge_string", "");
    CHECK(is_answer(answer("twitter", &delivery), "Content-Type", "application/json",
                    "{\"response_token\":\"sha256=I3BXUXkStjWSTgjctNwMtubMZHD8G93qKrTimlAmEcg=\"}"));
}

/* Of a sender that signs the request, only an authentic one is answered. */
static void a_signed_request(void) {
    countersign_delivery delivery = request("POST", "", "{\"type\": \"url_verification\", \"challenge\": \"3eZbrw1a\"}");
    countersign_signer *signer = NULL;
    countersign_headers *lines = NULL;
    countersign_header headers[4];
    countersign_verifier *verifier = preset("slack");
    countersign_handshake *late = NULL;
    CHECK(answer("slack", &delivery) == NULL);
    EXPECT(0, countersign_signer_preset("slack", 5, both_know, strlen(both_know), 0, &signer, NULL));
    EXPECT(0, countersign_sign(signer, &delivery, NULL, 0, sent, &lines, NULL));
    delivery.headers = headers;
    delivery.header_count = countersign_headers_count(lines);
    CHECK(delivery.header_count > 0 && delivery.header_count <= 4);
    for (size_t index = 0; index < delivery.header_count; index++)
        EXPECT(0, countersign_headers_get(lines, index, &headers[index]));
    CHECK(is_answer(answer("slack", &delivery), "Content-Type", "text/plain", "3eZbrw1a"));
    EXPECT(0, countersign_handshake_new(verifier, &delivery, sent + 301000, &late));
    CHECK(late == NULL);
    delivery.body = "{\"type\": \"url_verification\", \"challenge\": \"another1\"}";
    CHECK(answer("slack", &delivery) == NULL);
    countersign_verifier_free(verifier);
    countersign_headers_free(lines);
    countersign_signer_free(signer);
}

static void a_secret_that_the_sender_chooses(void) {
    static const char chosen[] = "b537207f20cbfa02357cf448134da559";
    countersign_header header = {"x-hook-secret", 13, chosen, strlen(chosen)};
    countersign_delivery delivery = request("POST", "", "");
    countersign_handshake *found;
    delivery.headers = &header;
    delivery.header_count = 1;
    found = answer("asana", &delivery);
    CHECK(found != NULL);
    if (found == NULL) return;
    CHECK(is_text(found->secret, found->secret_length, chosen));
    CHECK(found->header_count == 1 && is_text(found->headers[0].name, found->headers[0].name_length, "X-Hook-Secret"));
    CHECK(is_text(found->headers[0].value, found->headers[0].value_length, chosen));
    CHECK(is_text(found->body, found->body_length, ""));
    /* The secret as it is here makes the verifier. */
    {
        countersign_secret secret = secret_of(found->secret, found->secret_length);
        countersign_verifier *verifier = NULL;
        EXPECT(0, countersign_verifier_preset("asana", 5, &secret, 1, NULL, &verifier, NULL));
        countersign_verifier_free(verifier);
    }
    countersign_handshake_free(found);
}

static void nothing_but_a_success(void) {
    countersign_delivery delivery = request("HEAD", "https://example.com/", "");
    CHECK(is_answer(answer("trello", &delivery), NULL, NULL, ""));
    CHECK(answer("github", &delivery) == NULL);
    delivery = request("POST", "https://example.com/", "");
    CHECK(answer("trello", &delivery) == NULL);
}

int main(void) {
    a_text_in_the_query();
    a_mac();
    a_signed_request();
    a_secret_that_the_sender_chooses();
    nothing_but_a_success();
    return report("handshakes");
}
