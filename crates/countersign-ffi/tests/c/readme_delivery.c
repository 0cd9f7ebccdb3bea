/* Verifies deliveries by the code of the README, which README names: the example of GitHub, a forged body, and a signature of
   another form. The status of each is printed. scripts/test-c compares. */

#define main readme_main
#include README
#undef main

int main(void) {
    static const char right[] = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    static const struct {
        const char *signature, *body;
    } deliveries[] = {{right, "Hello, World!"}, {right, "Hello, World?"}, {"sha256=75", "Hello, World!"}, {"", ""}};
    const char *secret_text = "It's a Secret to Everybody";
    countersign_secret secret = {.data = secret_text, .length = strlen(secret_text)};
    countersign_verifier *verifier;
    if (countersign_verifier_preset("github", 6, &secret, 1, NULL, &verifier, NULL) != COUNTERSIGN_OK) return 1;
    for (size_t i = 0; i < sizeof deliveries / sizeof *deliveries; i++) {
        printf("%d\n", receive(verifier, deliveries[i].signature, deliveries[i].body, strlen(deliveries[i].body)));
    }
    countersign_verifier_free(verifier);
    return 0;
}
