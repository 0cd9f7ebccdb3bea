/* Prints ids by the code of the README, which README names: one that would be shown otherwise than it is, and none. scripts/test-c compares. */

#define main readme_main
#include README
#undef main

int main(void) {
    static const char *const bodies[] = {"{\"id\": \"evt\\u202e1\\u2028x\\\\\"}", "{}"};
    countersign_secret secret = {.data = "secret", .length = 6};
    countersign_verifier *verifier;
    if (countersign_verifier_preset("stripe", 6, &secret, 1, NULL, &verifier, NULL) != COUNTERSIGN_OK) return 1;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        countersign_delivery delivery = {.body = bodies[i], .body_length = strlen(bodies[i])};
        print_id(verifier, &delivery);
    }
    countersign_verifier_free(verifier);
    return 0;
}
