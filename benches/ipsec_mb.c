/* What of intel-ipsec-mb takes part in the benchmarks: HMACs of many messages, by its burst interface, and those with MD5,
 * which that does not have, by its job interface. */
#include <intel-ipsec-mb.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As countersign counts them. */
enum { HMAC_MD5, HMAC_SHA_1, HMAC_SHA_224, HMAC_SHA_256, HMAC_SHA_384, HMAC_SHA_512 };

static const int algorithms[] = {
    IMB_AUTH_MD5, IMB_AUTH_HMAC_SHA_1, IMB_AUTH_HMAC_SHA_224, IMB_AUTH_HMAC_SHA_256, IMB_AUTH_HMAC_SHA_384, IMB_AUTH_HMAC_SHA_512,
};

/* The chaining values after the two pads of a key. */
struct key {
    _Alignas(64) uint8_t inner[64];
    _Alignas(64) uint8_t outer[64];
};

struct rival {
    IMB_MGR *manager;
    int algorithm;
    size_t tag_length;
    struct key *keys;
};

static void one_block(const struct rival *rival, const uint8_t *block, uint8_t *out)
{
    IMB_MGR *manager = rival->manager;
    switch (rival->algorithm) {
    case HMAC_MD5: IMB_MD5_ONE_BLOCK(manager, block, out); break;
    case HMAC_SHA_1: IMB_SHA1_ONE_BLOCK(manager, block, out); break;
    case HMAC_SHA_224: IMB_SHA224_ONE_BLOCK(manager, block, out); break;
    case HMAC_SHA_256: IMB_SHA256_ONE_BLOCK(manager, block, out); break;
    case HMAC_SHA_384: IMB_SHA384_ONE_BLOCK(manager, block, out); break;
    default: IMB_SHA512_ONE_BLOCK(manager, block, out); break;
    }
}

/* Secrets of 32 bytes that follow each other. NULL if the library cannot be set up. */
struct rival *rival_new(int algorithm, size_t tag_length, const uint8_t *secrets, size_t count)
{
    struct rival *rival = calloc(1, sizeof *rival);
    if (rival == NULL)
        return NULL;
    rival->manager = alloc_mb_mgr(0);
    rival->keys = aligned_alloc(64, count * sizeof *rival->keys);
    if (rival->manager == NULL || rival->keys == NULL)
        return NULL;
    IMB_ARCH arch;
    init_mb_mgr_auto(rival->manager, &arch);
    rival->algorithm = algorithm;
    rival->tag_length = tag_length;
    const size_t block_length = algorithm >= HMAC_SHA_384 ? 128 : 64;
    for (size_t at = 0; at < count; at++) {
        uint8_t inner[128] = {0}, outer[128] = {0};
        memcpy(inner, secrets + 32 * at, 32);
        memcpy(outer, secrets + 32 * at, 32);
        for (size_t byte = 0; byte < block_length; byte++) {
            inner[byte] ^= 0x36;
            outer[byte] ^= 0x5c;
        }
        one_block(rival, inner, rival->keys[at].inner);
        one_block(rival, outer, rival->keys[at].outer);
    }
    return rival;
}

static void fill(const struct rival *rival, IMB_JOB *job, const uint8_t *message, size_t length, size_t key, uint8_t *tag)
{
    job->hash_alg = (IMB_HASH_ALG)algorithms[rival->algorithm];
    job->cipher_mode = IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->src = message;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = length;
    job->auth_tag_output = tag;
    job->auth_tag_output_len_in_bytes = rival->tag_length;
    job->u.HMAC._hashed_auth_key_xor_ipad = rival->keys[key].inner;
    job->u.HMAC._hashed_auth_key_xor_opad = rival->keys[key].outer;
}

/* The tags of all messages go to `tags`, 64 bytes apart. False if one could not be made. */
int rival_run(struct rival *rival, const uint8_t *const *messages, const size_t *lengths, const size_t *keys, size_t count,
              uint8_t *tags)
{
    size_t done = 0;
    if (rival->algorithm == HMAC_MD5) {
        for (size_t at = 0; at < count; at++) {
            fill(rival, IMB_GET_NEXT_JOB(rival->manager), messages[at], lengths[at], keys[at], tags + 64 * at);
            const IMB_JOB *job = IMB_SUBMIT_JOB_NOCHECK(rival->manager);
            for (; job != NULL; job = IMB_GET_COMPLETED_JOB(rival->manager))
                done++;
        }
        while (IMB_FLUSH_JOB(rival->manager) != NULL)
            done++;
        return done == count;
    }
    IMB_JOB jobs[IMB_MAX_BURST_SIZE];
    memset(jobs, 0, sizeof jobs);
    for (size_t start = 0; start < count; start += IMB_MAX_BURST_SIZE) {
        const size_t some = count - start < IMB_MAX_BURST_SIZE ? count - start : IMB_MAX_BURST_SIZE;
        for (size_t at = 0; at < some; at++)
            fill(rival, &jobs[at], messages[start + at], lengths[start + at], keys[start + at], tags + 64 * (start + at));
        done += IMB_SUBMIT_HASH_BURST_NOCHECK(rival->manager, jobs, (uint32_t)some, (IMB_HASH_ALG)algorithms[rival->algorithm]);
    }
    return done == count;
}

void rival_free(struct rival *rival)
{
    if (rival->manager != NULL)
        free_mb_mgr(rival->manager);
    free(rival->keys);
    free(rival);
}
