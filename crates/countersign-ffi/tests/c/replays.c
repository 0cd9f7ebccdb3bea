/* Messages that were taken before: what a service does with each delivery, and what a memory keeps for how long. */
#include <pthread.h>

#include "check.h"

#define REPLAYED COUNTERSIGN_STATUS_REPLAYED
#define NOW INT64_C(1700000000000)

static countersign_replay_memory *memory_of(size_t capacity) {
    countersign_replay_memory *memory = NULL;
    EXPECT(0, countersign_replay_memory_new(capacity, &memory));
    if (memory == NULL) exit(EXIT_FAILURE);
    return memory;
}

static countersign_identity numbered(unsigned char number) {
    countersign_identity identity = {{0}};
    identity.bytes[31] = number;
    return identity;
}

/* Takes a message that must not have been taken. */
static uint64_t taken(countersign_replay_memory *memory, unsigned char number, int64_t now_ms, uint64_t window) {
    countersign_identity identity = numbered(number);
    uint64_t ticket = 0;
    uint32_t is_handled = 7;
    EXPECT(0, countersign_replay_memory_take(memory, &identity, now_ms, window, &ticket, &is_handled));
    CHECK(ticket != 0 && is_handled == 0);
    return ticket;
}

static void repeated(countersign_replay_memory *memory, unsigned char number, int64_t now_ms, uint64_t window,
                     uint32_t handled) {
    countersign_identity identity = numbered(number);
    uint64_t ticket = 7;
    uint32_t is_handled = 7;
    EXPECT(REPLAYED, countersign_replay_memory_take(memory, &identity, now_ms, window, &ticket, &is_handled));
    CHECK(ticket == 0 && is_handled == handled);
    EXPECT(REPLAYED, countersign_replay_memory_take(memory, &identity, now_ms, window, &ticket, NULL));
}

typedef countersign_status settle(countersign_replay_memory *, const countersign_identity *, uint64_t, uint32_t *);

/* Whether the message was still remembered. */
static uint32_t settled(settle *how, countersign_replay_memory *memory, unsigned char number, uint64_t ticket) {
    countersign_identity identity = numbered(number);
    uint32_t is_remembered = 7;
    EXPECT(0, how(memory, &identity, ticket, &is_remembered));
    return is_remembered;
}

static void a_message_is_taken_once(void) {
    countersign_replay_memory *memory = memory_of(10);
    countersign_identity identity = numbered(1);
    uint64_t first = taken(memory, 1, NOW, 60), second;
    repeated(memory, 1, NOW, 60, 0);
    CHECK(settled(countersign_replay_memory_finish, memory, 1, first) == 1);
    repeated(memory, 1, NOW, 60, 1);
    CHECK(countersign_replay_memory_len(memory) == 1 && countersign_replay_memory_evicted(memory) == 0);
    /* What could not be handled comes again. */
    CHECK(settled(countersign_replay_memory_forget, memory, 1, first) == 1);
    CHECK(settled(countersign_replay_memory_forget, memory, 1, first) == 0);
    CHECK(countersign_replay_memory_len(memory) == 0);
    second = taken(memory, 1, NOW, 60);
    CHECK(second != first);
    /* A ticket of an earlier taking does nothing to this one, nor does that of another message, nor none. */
    CHECK(settled(countersign_replay_memory_finish, memory, 1, first) == 0);
    CHECK(settled(countersign_replay_memory_forget, memory, 1, first) == 0);
    CHECK(settled(countersign_replay_memory_forget, memory, 2, second) == 0);
    CHECK(settled(countersign_replay_memory_finish, memory, 1, 0) == 0);
    repeated(memory, 1, NOW, 60, 0);
    EXPECT(0, countersign_replay_memory_finish(memory, &identity, second, NULL));
    repeated(memory, 1, NOW, 60, 1);
    countersign_replay_memory_free(memory);
}

static void the_window_ends(void) {
    countersign_replay_memory *memory = memory_of(10);
    uint64_t ticket = taken(memory, 1, NOW, 60);
    repeated(memory, 1, NOW + 60000, 60, 0);
    /* Nobody has settled it, so it is taken again, however often it came. */
    CHECK(taken(memory, 1, NOW + 60001, 60) != ticket);
    /* Of one that was handled, the window runs from the last time that it came. */
    ticket = taken(memory, 2, NOW, 60);
    CHECK(settled(countersign_replay_memory_finish, memory, 2, ticket) == 1);
    repeated(memory, 2, NOW + 50000, 60, 1);
    repeated(memory, 2, NOW + 100000, 60, 1);
    taken(memory, 2, NOW + 160001, 60);
    countersign_replay_memory_free(memory);
}

static void the_oldest_is_forgotten_for_want_of_room(void) {
    countersign_replay_memory *memory = memory_of(2);
    for (unsigned char number = 1; number <= 3; number++) taken(memory, number, NOW, 60);
    CHECK(countersign_replay_memory_len(memory) == 2 && countersign_replay_memory_evicted(memory) == 1);
    repeated(memory, 2, NOW, 60, 0);
    taken(memory, 1, NOW, 60);
    CHECK(countersign_replay_memory_evicted(memory) == 2);
    countersign_replay_memory_free(memory);
}

/* What a service does: verify, identify, take; and say what became of it. */
static void deliveries(void) {
    countersign_verifier *verifier = example_verifier(), *other = NULL;
    countersign_replay_memory *memory = memory_of(1000);
    countersign_header header = {"X-Fivetran-Hmac-Sign", 20, SIGNATURE, strlen(SIGNATURE)};
    countersign_secret secret = secret_of("s", 1);
    countersign_tolerance tolerance = {300, 10}, widest = {UINT32_MAX, UINT32_MAX};
    countersign_delivery delivery;
    countersign_identity identity;
    uint64_t window = 0, ticket = 0;
    uint32_t is_handled = 0;
    memset(&delivery, 0, sizeof delivery);
    delivery.headers = &header;
    delivery.header_count = 1;
    delivery.body = BODY;
    delivery.body_length = strlen(BODY);
    EXPECT(0, countersign_verifier_replay_window(verifier, 3600, &window));
    CHECK(window == 3600);
    for (int round = 0; round < 2; round++) {
        EXPECT(0, countersign_verify(verifier, &delivery, NOW, NULL));
        EXPECT(0, countersign_identify(verifier, &delivery, &identity));
        EXPECT(round == 0 ? COUNTERSIGN_OK : REPLAYED,
               countersign_replay_memory_take(memory, &identity, NOW, window, &ticket, &is_handled));
        if (round == 0) EXPECT(0, countersign_replay_memory_finish(memory, &identity, ticket, NULL));
    }
    CHECK(is_handled == 1);
    /* Without a tolerance nothing expires, so the window must be said. */
    window = 7;
    EXPECT(COUNTERSIGN_STATUS_INVALID_CONFIG, countersign_verifier_replay_window(verifier, 0, &window));
    CHECK(window == 0);
    countersign_verifier_free(verifier);
    /* The tolerance both ways, and a second more, unless the window is longer. */
    EXPECT(0, countersign_verifier_preset("stripe", 6, &secret, 1, &tolerance, &other, NULL));
    EXPECT(0, countersign_verifier_replay_window(other, 0, &window));
    CHECK(window == 311);
    EXPECT(0, countersign_verifier_replay_window(other, 3600, &window));
    CHECK(window == 3600);
    EXPECT(0, countersign_verifier_replay_window(other, UINT64_MAX, &window));
    CHECK(window == UINT64_MAX);
    countersign_verifier_free(other);
    EXPECT(0, countersign_verifier_preset("stripe", 6, &secret, 1, &widest, &other, NULL));
    EXPECT(0, countersign_verifier_replay_window(other, 0, &window));
    CHECK(window == UINT64_C(2) * UINT32_MAX + 1);
    countersign_verifier_free(other);
    /* Nothing is signed by which messages could be told apart. */
    EXPECT(0, countersign_verifier_token(&secret, 1, &other, NULL));
    window = 7;
    EXPECT(COUNTERSIGN_STATUS_UNSUPPORTED, countersign_verifier_replay_window(other, 60, &window));
    CHECK(window == 0);
    countersign_verifier_free(other);
    countersign_replay_memory_free(memory);
}

enum { THREADS = 8, MESSAGES = 200 };

typedef struct {
    countersign_replay_memory *memory;
    unsigned long taken, wrong;
} worker;

/* Takes every message that nobody else has taken, and says that it was handled. None is number 0, since an identity of zeros
   is none. */
static void *work(void *argument) {
    worker *own = argument;
    for (unsigned char number = 1; number <= MESSAGES; number++) {
        countersign_identity identity = numbered(number);
        uint64_t ticket = 0;
        uint32_t is_remembered = 0;
        countersign_status status =
            countersign_replay_memory_take(own->memory, &identity, NOW, 60, &ticket, &is_remembered);
        own->wrong += status != 0 && status != REPLAYED;
        own->wrong += (status == 0) != (ticket != 0);
        if (status != 0) continue;
        own->taken++;
        own->wrong += countersign_replay_memory_finish(own->memory, &identity, ticket, &is_remembered) != 0;
        own->wrong += is_remembered != 1;
    }
    return NULL;
}

static void of_many_threads_one_takes_a_message(void) {
    countersign_replay_memory *memory = memory_of(MESSAGES);
    pthread_t threads[THREADS];
    worker workers[THREADS];
    unsigned long all = 0;
    for (unsigned index = 0; index < THREADS; index++) {
        worker new = {memory, 0, 0};
        workers[index] = new;
        CHECK(pthread_create(&threads[index], NULL, work, &workers[index]) == 0);
    }
    for (unsigned index = 0; index < THREADS; index++) {
        CHECK(pthread_join(threads[index], NULL) == 0);
        CHECK(workers[index].wrong == 0);
        all += workers[index].taken;
    }
    CHECK(all == MESSAGES && countersign_replay_memory_len(memory) == MESSAGES);
    for (unsigned char number = 1; number <= MESSAGES; number++) repeated(memory, number, NOW, 60, 1);
    countersign_replay_memory_free(memory);
}

int main(void) {
    a_message_is_taken_once();
    the_window_ends();
    the_oldest_is_forgotten_for_want_of_room();
    deliveries();
    of_many_threads_one_takes_a_message();
    return report("replays");
}
