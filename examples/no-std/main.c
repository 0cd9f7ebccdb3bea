/* Calls the verifier with the published example of GitHub, and with one byte of the body changed.
   Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

uint8_t verify(const uint8_t *signature, size_t signature_len, const uint8_t *body, size_t body_len);

static int check(const char *body, int expected) {
    const char *signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    int verdict = verify((const uint8_t *)signature, strlen(signature), (const uint8_t *)body, strlen(body));
    printf("%s: %d, expected %d\n", body, verdict, expected);
    return verdict == expected;
}

int main(void) {
    return check("Hello, World!", 0) && check("Hello, World?", 8) ? 0 : 1;
}
