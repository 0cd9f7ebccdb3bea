/* Verifies a delivery with libcountersign, and a forged one.

   cc verify.c $(pkg-config --cflags --libs countersign) -o verify && ./verify */
#include <countersign.h>
#include <stdio.h>
#include <string.h>

/* Says what was found. A service writes this to its log; the sender gets the same answer to every rejection. */
static int judge(const countersign_verifier *verifier, const char *what, const char *body) {
    /* The published example of GitHub:
       https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
    static const char name[] = "X-Hub-Signature-256";
    static const char value[] = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    countersign_header headers[] = {{name, strlen(name), value, strlen(value)}};
    countersign_delivery delivery = {0};
    countersign_verdict verdict;

    delivery.headers = headers;
    delivery.header_count = 1;
    delivery.body = body;
    delivery.body_length = strlen(body);
    if (countersign_verify(verifier, &delivery, countersign_now_ms(), &verdict) != COUNTERSIGN_STATUS_AUTHENTIC) {
        printf("%s: %s: %s\n", what, countersign_status_name(verdict.status),
               countersign_status_message(verdict.status));
        return 0;
    }
    printf("%s: authentic, by %s with secret %u\n", what, countersign_algorithm_name(verdict.algorithm),
           (unsigned)verdict.secret_index);
    return 1;
}

int main(void) {
    static const char new_secret[] = "a newer one", old_secret[] = "It's a Secret to Everybody";
    countersign_secret secrets[2] = {{0}};
    countersign_verifier *verifier;
    char message[1024];
    countersign_text error = {message, sizeof message, 0};
    int is_right;

    if (countersign_abi_number() != COUNTERSIGN_ABI_NUMBER) {
        fprintf(stderr, "libcountersign %s does not fit this program\n", countersign_version());
        return 1;
    }
    secrets[0].data = new_secret;
    secrets[0].length = strlen(new_secret);
    secrets[1].data = old_secret;
    secrets[1].length = strlen(old_secret);
    if (countersign_verifier_preset("github", strlen("github"), secrets, 2, NULL, &verifier, &error)
        != COUNTERSIGN_OK) {
        fprintf(stderr, "the configuration is at fault: %s\n", message);
        return 1;
    }
    is_right = judge(verifier, "as sent", "Hello, World!") && !judge(verifier, "forged", "Hello, World?");
    countersign_verifier_free(verifier);
    return is_right ? 0 : 1;
}
