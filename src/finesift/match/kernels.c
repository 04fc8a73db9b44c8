// The hot loops of matching, over documents that lie in one buffer of UTF-8 text.
//
// Compiled once per instruction set (-DISA=base, avx2, avx512), all linked into one library; kernels.py calls
// the best that the processor has. A document is data[start:end]; nothing outside data[0:size] is ever read.
//
// Words. A word is a run of letters, marks, digits and underscores, in lower case; what is between words does
// not count. In scripts without spaces, and for pictographs, each character is a word. A word is known by a
// 64-bit hash of its bytes.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif
#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#ifndef ISA
#define ISA base
#endif
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#if defined(_WIN32)
#define EXPORT(name) __declspec(dllexport) JOIN(name, ISA)
#else
#define EXPORT(name) __attribute__((visibility("default"))) JOIN(name, ISA)
#endif

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;

enum { SEPARATOR, WORD, SINGLE, IGNORED };
enum { UNUSUAL = 4 };
enum { KNOWN = 0x20000 };

#include "unicode.h"

static u8 class_of[KNOWN];
static u32 fold_of[KNOWN];

// Unpacks the tables of unicode.h. Call it once, before any other function and from one thread.
void EXPORT(fs_init)(void) {
    size_t entries = sizeof CLASSES / sizeof *CLASSES;
    for (size_t i = 0; i < entries; i++) {
        u32 stop = i + 1 < entries ? CLASSES[i + 1][0] : KNOWN;
        for (u32 c = CLASSES[i][0]; c < stop; c++) class_of[c] = (u8)CLASSES[i][1];
    }
    for (u32 c = 0; c < KNOWN; c++) fold_of[c] = c;
    for (size_t i = 0; i < sizeof FOLDS / sizeof *FOLDS; i++)
        for (i64 k = 0; k < FOLDS[i][1]; k++) {
            u32 c = (u32)(FOLDS[i][0] + k * FOLDS[i][2]);
            fold_of[c] = c + (u32)FOLDS[i][3];
        }
}

// ---- Characters -------------------------------------------------------------------------------------------

// Bit i of the results: is byte i part of a word; is it beyond ASCII (and then it counts as part of a word).
static inline void classify(const u8 *p, u64 *word, u64 *high) {
#if defined(__AVX512BW__)
    __m512i c = _mm512_loadu_si512(p);
    __m512i lower = _mm512_or_si512(c, _mm512_set1_epi8(0x20));
    *high = _mm512_movepi8_mask(c);
    *word = *high | _mm512_cmplt_epu8_mask(_mm512_sub_epi8(lower, _mm512_set1_epi8('a')), _mm512_set1_epi8(26)) |
            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(c, _mm512_set1_epi8('0')), _mm512_set1_epi8(10)) |
            _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('_'));
#elif defined(__AVX2__)
    u64 w = 0, h = 0;
    for (int k = 0; k < 64; k += 32) {
        __m256i c = _mm256_loadu_si256((const __m256i *)(p + k));
        __m256i letter = _mm256_sub_epi8(_mm256_or_si256(c, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
        __m256i digit = _mm256_sub_epi8(c, _mm256_set1_epi8('0'));
        // x <= n, unsigned, is min(x, n) == x.
        __m256i is = _mm256_or_si256(
            _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(25)), letter),
            _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(9)), digit),
                            _mm256_cmpeq_epi8(c, _mm256_set1_epi8('_'))));
        h |= (u64)(u32)_mm256_movemask_epi8(c) << k;
        w |= (u64)(u32)_mm256_movemask_epi8(is) << k;
    }
    *high = h;
    *word = w | h;
#elif defined(__SSE2__)
    u64 w = 0, h = 0;
    for (int k = 0; k < 64; k += 16) {
        __m128i c = _mm_loadu_si128((const __m128i *)(p + k));
        __m128i letter = _mm_sub_epi8(_mm_or_si128(c, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        __m128i digit = _mm_sub_epi8(c, _mm_set1_epi8('0'));
        __m128i is = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
                                  _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit),
                                               _mm_cmpeq_epi8(c, _mm_set1_epi8('_'))));
        h |= (u64)(u32)_mm_movemask_epi8(c) << k;
        w |= (u64)(u32)_mm_movemask_epi8(is) << k;
    }
    *high = h;
    *word = w | h;
#elif defined(__ARM_NEON) && defined(__aarch64__)
    static const u8 BIT[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    u64 w = 0, h = 0;
    uint8x16_t bit = vld1q_u8(BIT);
    for (int k = 0; k < 64; k += 16) {
        uint8x16_t c = vld1q_u8(p + k);
        uint8x16_t letter = vsubq_u8(vorrq_u8(c, vdupq_n_u8(0x20)), vdupq_n_u8('a'));
        uint8x16_t digit = vsubq_u8(c, vdupq_n_u8('0'));
        uint8x16_t beyond = vcgeq_u8(c, vdupq_n_u8(0x80));
        uint8x16_t is = vorrq_u8(vorrq_u8(vcltq_u8(letter, vdupq_n_u8(26)), vcltq_u8(digit, vdupq_n_u8(10))),
                                 vorrq_u8(vceqq_u8(c, vdupq_n_u8('_')), beyond));
        uint8x16_t wb = vandq_u8(is, bit), hb = vandq_u8(beyond, bit);
        w |= (u64)(vaddv_u8(vget_low_u8(wb)) | vaddv_u8(vget_high_u8(wb)) << 8) << k;
        h |= (u64)(vaddv_u8(vget_low_u8(hb)) | vaddv_u8(vget_high_u8(hb)) << 8) << k;
    }
    *high = h;
    *word = w;
#else
    u64 w = 0, h = 0;
    for (int i = 0; i < 64; i++) {
        u8 c = p[i];
        h |= (u64)(c >> 7) << i;
        w |= (u64)((u8)((c | 0x20) - 'a') < 26 || (u8)(c - '0') < 10 || c == '_') << i;
    }
    *high = h;
    *word = w | h;
#endif
}

// The code point at *p, and *p moved behind it. Bytes that are not UTF-8 count as one character each.
static u32 decode(const u8 **p, const u8 *end) {
    const u8 *s = *p;
    int more = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : s[0] < 0xf5 ? 3 : 0;
    u32 c = more ? s[0] & (0x3f >> more) : s[0];
    if (end - s <= more) more = 0, c = s[0];
    for (int k = 1; k <= more; k++) {
        if ((s[k] & 0xc0) != 0x80) {
            *p = s + 1;
            return s[0];
        }
        c = c << 6 | (s[k] & 0x3f);
    }
    *p = s + 1 + more;
    return c;
}

// The planes beyond the tables hold rare Han characters and little else.
static inline int class_at(u32 c) { return c < KNOWN ? class_of[c] : SINGLE; }

// ---- Words ------------------------------------------------------------------------------------------------

static inline u64 mix(u64 x) {
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
}

static inline u64 load(const u8 *p, i64 bytes, const u8 *limit) {
    u64 v = 0;
    if (limit - p >= 8) {
        memcpy(&v, p, 8);
        return bytes < 8 ? v & ((1ull << 8 * bytes) - 1) : v;
    }
    memcpy(&v, p, (size_t)(bytes < 8 ? bytes : 8));
    return v;
}

// Hash of a word's bytes. `lower` is 0x20 in every byte for text whose ASCII is not yet folded, else 0: in
// letters, digits and the underscore that bit is set, or tells nothing.
static inline u64 hash_word(const u8 *p, i64 bytes, const u8 *limit, u64 lower) {
    u64 h = (u64)bytes * 0x9e3779b97f4a7c15ull;
    for (; bytes > 8; p += 8, bytes -= 8) h = mix(h ^ (load(p, 8, limit) | lower));
    u64 low = bytes < 8 ? lower & ((1ull << 8 * bytes) - 1) : lower;
    return mix(h ^ (load(p, bytes, limit) | low));
}

typedef struct {
    u64 *at;
    i64 count, room;
    i64 *ends; // where each word ends, in bytes from the beginning of the data; NULL: nobody asks
} List;

// Room for all words of so many bytes: no two words of ASCII stand in fewer than three, no word in fewer than one
// but with a separator, no character that is a word of its own in fewer than two. 0: out of memory.
static int make_room(List *words, i64 bytes) {
    i64 room = bytes / 2 + 2;
    if (room > words->room) {
        free(words->at);
        words->at = malloc((size_t)room * sizeof(u64));
        words->room = words->at ? room : 0;
    }
    return words->at != NULL;
}

static inline void push(List *words, u64 value, i64 end) {
    if (words->ends) words->ends[words->count] = end;
    words->at[words->count++] = value;
}

static void push_folded(List *words, u8 *buffer, i64 *used, i64 end) {
    if (*used) push(words, hash_word(buffer, *used, buffer + *used, 0), end);
    *used = 0;
}

// The words of a run of bytes that holds characters beyond ASCII.
static void push_foreign(List *words, const u8 *data, i64 from, i64 to) {
    const u8 *p = data + from, *end = data + to;
    // Longer words are cut: only their beginning counts. No language has any; encoded files do.
    u8 buffer[1024];
    i64 used = 0;
    while (p < end) {
        if (*p < 0x80) {
            if (used < 1020) buffer[used++] = *p | 0x20;
            p++;
            continue;
        }
        i64 before = p - data;
        u32 c = decode(&p, end);
        int class = class_at(c) & 3;
        if (class == IGNORED) continue;
        if (class != WORD) push_folded(words, buffer, &used, before);
        if (class == SEPARATOR) continue;
        if (c < KNOWN && c >= 0x80) c = fold_of[c];
        if (used < 1020) {
            if (c < 0x80) {
                buffer[used++] = (u8)c;
            } else if (c < 0x800) {
                buffer[used++] = (u8)(0xc0 | c >> 6);
                buffer[used++] = (u8)(0x80 | (c & 0x3f));
            } else {
                if (c >= 0x10000) buffer[used++] = (u8)(0xf0 | c >> 18);
                buffer[used++] = (u8)((c >= 0x10000 ? 0x80 : 0xe0) | (c >> 12 & (c >= 0x10000 ? 0x3f : 0xf)));
                buffer[used++] = (u8)(0x80 | (c >> 6 & 0x3f));
                buffer[used++] = (u8)(0x80 | (c & 0x3f));
            }
        }
        if (class == SINGLE) push_folded(words, buffer, &used, p - data);
    }
    push_folded(words, buffer, &used, to);
}

// Replaces `words` by the hashed words of data[start:end]. 0: out of memory.
static int take_words(const u8 *data, i64 size, i64 start, i64 end, List *words) {
    const u8 *limit = data + size;
    u64 inside = 0;  // was the byte before part of a word?
    u64 foreign = 0; // does the open word hold a character beyond ASCII?
    i64 open = start;
    words->count = 0;
    if (!make_room(words, end - start)) return 0;
    for (i64 at = start; at < end; at += 64) {
        u64 word, high;
        if (size - at >= 64) {
            classify(data + at, &word, &high);
        } else {
            u8 block[64] = {0};
            memcpy(block, data + at, (size_t)(size - at));
            classify(block, &word, &high);
        }
        if (end - at < 64) {
            u64 within = (1ull << (end - at)) - 1;
            word &= within;
            high &= within;
        }
        u64 edges = word ^ (word << 1 | inside);
        if (!(high | foreign) && !words->ends) {
            // Most text: all of ASCII, and nobody asks for places.
            u64 *out = words->at + words->count;
            while (edges) {
                if (!inside) {
                    open = at + __builtin_ctzll(edges);
                    edges &= edges - 1;
                    if (!edges) break;
                }
                i64 stop = at + __builtin_ctzll(edges);
                edges &= edges - 1;
                *out++ = hash_word(data + open, stop - open, limit, 0x2020202020202020ull);
                inside = 0;
            }
            words->count = out - words->at;
            inside = word >> 63;
            continue;
        }
        i64 seen = 0; // bits of `high` before it are dealt with
        while (edges) {
            int bit = __builtin_ctzll(edges);
            edges &= edges - 1;
            if (word >> bit & 1) {
                open = at + bit;
                foreign = 0;
            } else {
                u64 before = bit ? high & ((1ull << bit) - 1) : 0;
                if (foreign || before >> seen) {
                    push_foreign(words, data, open, at + bit);
                } else {
                    push(words, hash_word(data + open, at + bit - open, limit, 0x2020202020202020ull), at + bit);
                }
                foreign = 0;
            }
            seen = bit;
        }
        inside = word >> 63;
        if (inside) foreign |= seen ? high >> seen : high;
    }
    if (inside) {
        if (foreign)
            push_foreign(words, data, open, end);
        else
            push(words, hash_word(data + open, end - open, limit, 0x2020202020202020ull), end);
    }
    return 1;
}

static const u64 BASE = 0x9fb21c651e98df25ull;

// Replaces the hashes of words by those of every n words in a row; one of all words where there are fewer.
static void join_ngrams(List *words, i64 n) {
    i64 width = words->count < n ? words->count : n;
    u64 sum = 0, power = 1;
    for (i64 k = 0; k < width; k++) {
        sum = sum * BASE + words->at[k];
        power *= BASE;
    }
    i64 grams = width ? words->count - width + 1 : 0;
    for (i64 k = 0; k < grams; k++) {
        u64 leaves = words->at[k] * power;
        words->at[k] = mix(sum);
        if (k + 1 < grams) sum = sum * BASE + words->at[k + width] - leaves;
    }
    words->count = grams;
}

// Whether each document from lo to hi holds a character that must be normalised before its words are taken.
void EXPORT(fs_unusual)(const u8 *data, i64 size, const i64 *starts, const i64 *ends, i64 lo, i64 hi, u8 *out) {
    (void)size;
    for (i64 i = lo; i < hi; i++) {
        const u8 *p = data + starts[i], *end = data + ends[i];
        u8 unusual = 0;
        while (p < end && !unusual) {
            u64 block;
            if (end - p >= 8 && (memcpy(&block, p, 8), !(block & 0x8080808080808080ull))) {
                p += 8;
            } else if (*p < 0x80) {
                p++;
            } else {
                unusual = class_at(decode(&p, end)) & UNUSUAL;
            }
        }
        out[i - lo] = unusual != 0;
    }
}

// The hashed words of one document, and where each ends in bytes. Both have room for half of the document's bytes
// and two more. Returns how many words there are, -1: out of memory.
i64 EXPORT(fs_words)(const u8 *data, i64 size, i64 start, i64 end, u64 *out, i64 *ends) {
    List words = {.ends = ends};
    if (!take_words(data, size, start, end, &words)) return -1;
    memcpy(out, words.at, (size_t)words.count * sizeof *out);
    free(words.at);
    return words.count;
}

// ---- MinHash ----------------------------------------------------------------------------------------------

enum { PERMUTATIONS = 128, BANDS = 32, ROWS = PERMUTATIONS / BANDS };

// Band keys of documents lo to hi that have at least `least` words: key << 32 | document, to
// keys[band * (hi - lo) + k] for the k-th of them. whole[k] is a hash of all words in their order, the same way
// joined with nothing: documents of equal words have equal values. documents[k] is its number.
// Returns how many there are, -1: out of memory.
i64 EXPORT(fs_bands)(const u8 *data, i64 size, const i64 *starts, const i64 *ends, i64 lo, i64 hi, i64 ngram,
                     i64 least, const u32 *multiply, const u32 *add, u64 *keys, u64 *whole, u32 *documents) {
    List words = {0};
    i64 k = 0;
    for (i64 i = lo; i < hi; i++) {
        if (!take_words(data, size, starts[i], ends[i], &words)) return free(words.at), -1;
        if (words.count < least || !words.count) continue;
        u32 low[PERMUTATIONS];
        memset(low, 0xff, sizeof low);
        u64 all = (u64)words.count;
        for (i64 w = 0; w < words.count; w++) all = all * BASE + words.at[w];
        whole[k] = mix(all);
        join_ngrams(&words, ngram);
        for (i64 g = 0; g < words.count; g++) {
            u32 x = (u32)(words.at[g] >> 32);
            for (int p = 0; p < PERMUTATIONS; p++) {
                u32 h = multiply[p] * x + add[p];
                low[p] = h < low[p] ? h : low[p];
            }
        }
        documents[k] = (u32)i;
        for (int b = 0; b < BANDS; b++) {
            u64 key = 0;
            for (int r = 0; r < ROWS; r++) key = mix(key ^ low[b * ROWS + r]);
            keys[b * (hi - lo) + k] = (key & 0xffffffff00000000ull) | (u32)i;
        }
        k++;
    }
    free(words.at);
    return k;
}

// ---- Exact similarity -------------------------------------------------------------------------------------

// An open-addressed set of hashes; 0 stands for an empty place, so the hash 0 is told apart by `zero`.
typedef struct {
    u64 *at;
    u64 mask;
    int zero;
} Set;

static int clear(Set *set, i64 members) {
    u64 places = 16;
    while (places < 2 * (u64)members) places *= 2;
    if (!set->at || places > set->mask + 1) {
        free(set->at);
        set->at = malloc(places * sizeof(u64));
        if (!set->at) return 0;
    }
    set->mask = places - 1;
    memset(set->at, 0, places * sizeof(u64));
    set->zero = 0;
    return 1;
}

static inline int has(const Set *set, u64 value) {
    if (!value) return set->zero;
    u64 place = value & set->mask;
    while (set->at[place] && set->at[place] != value) place = (place + 1) & set->mask;
    return set->at[place] != 0;
}

static inline int add_to(Set *set, u64 value) {
    if (!value) {
        int fresh = !set->zero;
        set->zero = 1;
        return fresh;
    }
    u64 place = value & set->mask;
    while (set->at[place] && set->at[place] != value) place = (place + 1) & set->mask;
    int fresh = !set->at[place];
    set->at[place] = value;
    return fresh;
}

// The distinct n-grams of the listed documents, one list after the other; stops[k] is where the k-th list ends.
// `out` has room for half of the documents' bytes and two more each. Returns how many, -1: out of memory.
i64 EXPORT(fs_ngrams)(const u8 *data, i64 size, const i64 *starts, const i64 *ends, const i64 *documents, i64 count,
                      i64 ngram, u64 *out, i64 *stops) {
    List words = {0};
    Set seen = {0};
    i64 used = 0;
    for (i64 k = 0; k < count; k++) {
        i64 i = documents[k];
        if (!take_words(data, size, starts[i], ends[i], &words) || !clear(&seen, words.count)) {
            used = -1;
            break;
        }
        join_ngrams(&words, ngram);
        for (i64 g = 0; g < words.count; g++)
            if (add_to(&seen, words.at[g])) out[used++] = words.at[g];
        stops[k] = used;
    }
    free(words.at);
    free(seen.at);
    return used;
}

// The Jaccard similarity of lists left[k] and right[k] of distinct hashes; list j is grams[stops[j-1]:stops[j]].
// Pairs that share `left` one after the other are cheapest. Two empty lists are equal. -1: out of memory.
i64 EXPORT(fs_jaccard)(const u64 *grams, const i64 *stops, const i64 *left, const i64 *right, i64 lo, i64 hi,
                       float *out) {
    Set set = {0};
    i64 held = -1;
    for (i64 k = lo; k < hi; k++) {
        i64 a = left[k], b = right[k];
        i64 a0 = a ? stops[a - 1] : 0, a1 = stops[a], b0 = b ? stops[b - 1] : 0, b1 = stops[b];
        if (a != held) {
            if (!clear(&set, a1 - a0)) return free(set.at), -1;
            for (i64 g = a0; g < a1; g++) add_to(&set, grams[g]);
            held = a;
        }
        i64 shared = 0;
        for (i64 g = b0; g < b1; g++) shared += has(&set, grams[g]);
        i64 all = a1 - a0 + b1 - b0 - shared;
        out[k] = all ? (float)((double)shared / (double)all) : 1.0f;
    }
    free(set.at);
    return 0;
}

// What is in either of two sorted lists of distinct values, sorted; `out` has room for both. Returns how many.
i64 EXPORT(fs_union)(const u64 *a, i64 in_a, const u64 *b, i64 in_b, u64 *out) {
    i64 i = 0, j = 0, used = 0;
    while (i < in_a && j < in_b) {
        u64 x = a[i], y = b[j];
        out[used++] = x < y ? x : y;
        i += x <= y;
        j += y <= x;
    }
    while (i < in_a) out[used++] = a[i++];
    while (j < in_b) out[used++] = b[j++];
    return used;
}

#include "repetition.h"

// ---- Looking n-grams up -----------------------------------------------------------------------------------

// An index of n-grams: `slots` (a power of two) pairs of hash and value; hash 0 marks an empty slot. Each bit of
// `filter` (`filter_bits`, a power of two) says whether any n-gram may be there, and is asked first.

// Adds hashes with the values given; a hash that is there already keeps its value. Returns how many are new.
i64 EXPORT(fs_index)(const u64 *grams, const u32 *values, i64 count, u64 *hashes, u32 *held, i64 slots, u64 *filter,
                     i64 filter_bits) {
    i64 fresh = 0;
    for (i64 k = 0; k < count; k++) {
        u64 gram = grams[k] ? grams[k] : 1, place = gram & (u64)(slots - 1);
        while (hashes[place] && hashes[place] != gram) place = (place + 1) & (u64)(slots - 1);
        if (hashes[place]) continue;
        hashes[place] = gram;
        held[place] = values[k];
        u64 bit = gram >> 20 & (u64)(filter_bits - 1);
        filter[bit >> 6] |= 1ull << (bit & 63);
        fresh++;
    }
    return fresh;
}

// Every n-gram of documents lo to hi that is in the index: its document, the place of its first word, its value.
// Writes at most `room`. Returns how many there are, -1: out of memory; call again with more room where needed.
i64 EXPORT(fs_probe)(const u8 *data, i64 size, const i64 *starts, const i64 *ends, i64 lo, i64 hi, i64 ngram,
                     const u64 *hashes, const u32 *held, i64 slots, const u64 *filter, i64 filter_bits, i64 room,
                     u32 *documents, u32 *places, u32 *values) {
    List words = {0};
    i64 found = 0;
    for (i64 i = lo; i < hi; i++) {
        if (!take_words(data, size, starts[i], ends[i], &words)) return free(words.at), -1;
        join_ngrams(&words, ngram);
        for (i64 g = 0; g < words.count; g++) {
            u64 gram = words.at[g] ? words.at[g] : 1, bit = gram >> 20 & (u64)(filter_bits - 1);
            if (!(filter[bit >> 6] >> (bit & 63) & 1)) continue;
            u64 place = gram & (u64)(slots - 1);
            while (hashes[place] && hashes[place] != gram) place = (place + 1) & (u64)(slots - 1);
            if (!hashes[place]) continue;
            if (found < room) {
                documents[found] = (u32)i;
                places[found] = (u32)g;
                values[found] = held[place];
            }
            found++;
        }
    }
    free(words.at);
    return found;
}

// ---- Reading ----------------------------------------------------------------------------------------------
//
// Lines of JSON that are chats, {"messages": [{"role": …, "content": …}, …], …}, into columns.
//
// Only what is plain is read: each line is an object of exactly the given keys, each message one of exactly a
// role that is known and a text. Anything else, also what is no JSON, ends it: such lines are read elsewhere.

// Where each line of data[0:size] ends, the last at the end of it. Writes at most `most`; returns how many there are.
i64 EXPORT(fs_line_ends)(const u8 *data, i64 size, i64 *ends, i64 most) {
    const u8 *p = data, *end = data + size;
    i64 count = 0;
    for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++, count++)
        if (count < most) ends[count] = p - data;
    if (count < most) ends[count] = size;
    return count + 1;
}

// How often in data[0:size] a quote that no backslash stands before is followed by a colon.
i64 EXPORT(fs_key_ends)(const u8 *data, i64 size) {
    i64 count = size > 1 && data[0] == '"' && data[1] == ':';
    // In pieces, so that they are counted in few bits, many side by side.
    for (i64 i = 1; i + 1 < size;) {
        i64 stop = i + 128 < size - 1 ? i + 128 : size - 1;
        u8 some = 0;
        for (; i < stop; i++) some = (u8)(some + ((data[i] == '"') & (data[i + 1] == ':') & (data[i - 1] != '\\')));
        count += some;
    }
    return count;
}

// JSON objects that follow one another, at most one comma between two, into out: one line each, without the line
// breaks between tokens and what follows them. Ends before the first that is cut, no object, or holds a control
// character in a text. Whether they are JSON is for others to say. out: 2 * size bytes. done: bytes read, bytes written.
i64 EXPORT(fs_objects)(const u8 *data, i64 size, u8 *out, i64 *done) {
    const u8 *p = data, *end = data + size;
    u8 *to = out;
    i64 count = 0;
    done[0] = done[1] = 0;
    for (;; count++) {
        int commas = 0, depth = 0, text = 0;
        while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n' || (*p == ',' && !commas++))) p++;
        if (p == end || *p != '{') return count;
        do {
            if (p == end) return count;
            u8 c = *p++;
            if (text) {
                // Eight bytes at a time, as long as none of them ends the text or is odd; a false alarm costs nothing.
                for (u64 word; end - p >= 8; p += 8, to += 8) {
                    const u64 ones = 0x0101010101010101u, high = 0x8080808080808080u;
                    memcpy(&word, p - 1, 8);
                    u64 quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
                    if ((((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word)) & high)
                        break;
                    memcpy(to, &word, 8);
                    c = p[7];
                }
                if (c < 0x20 || (c == '\\' && (p == end || *p < 0x20))) return count;
                *to++ = c;
                if (c == '\\') *to++ = *p++;
                else if (c == '"') text = 0;
                continue;
            }
            if (c == '\n' || c == '\r') {
                while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
                continue;
            }
            *to++ = c;
            if (c == '"') text = 1;
            else if (c == '{' || c == '[') depth++;
            else if (c == '}' || c == ']') depth--;
        } while (depth);
        *to++ = '\n';
        done[0] = p - data;
        done[1] = to - out;
    }
}

static const u8 *past_space(const u8 *p, const u8 *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
    return p;
}

// The place of the first of 8 bytes that a JSON text does not hold as it is: quote, backslash, control, not ASCII.
static inline u64 odd_bytes(u64 word) {
    const u64 ones = 0x0101010101010101u, high = 0x8080808080808080u;
    u64 quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word) | word) & high;
}

static int hex4(const u8 *p) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int c = p[i], letter = c | 32;
        if (c >= '0' && c <= '9') value = value * 16 + c - '0';
        else if (letter >= 'a' && letter <= 'f') value = value * 16 + letter - 'a' + 10;
        else return -1;
    }
    return value;
}

static u8 *put_utf8(u8 *out, u32 c) {
    if (c < 0x80) {
        *out++ = (u8)c;
    } else if (c < 0x800) {
        *out++ = (u8)(0xC0 | c >> 6);
        *out++ = (u8)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *out++ = (u8)(0xE0 | c >> 12);
        *out++ = (u8)(0x80 | (c >> 6 & 63));
        *out++ = (u8)(0x80 | (c & 63));
    } else {
        *out++ = (u8)(0xF0 | c >> 18);
        *out++ = (u8)(0x80 | (c >> 12 & 63));
        *out++ = (u8)(0x80 | (c >> 6 & 63));
        *out++ = (u8)(0x80 | (c & 63));
    }
    return out;
}

// Bytes of the UTF-8 character at p; 0 where there is none (Unicode 16, table 3-7).
static int utf8_length(const u8 *p, const u8 *end) {
    int size = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
    if (*p < 0xC2 || *p > 0xF4 || end - p < size) return 0;
    u8 low = *p == 0xE0 ? 0xA0 : *p == 0xF0 ? 0x90 : 0x80, top = *p == 0xED ? 0x9F : *p == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > top) return 0;
    for (int i = 2; i < size; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    return size;
}

// What the JSON escape at p stands for, to *out; the place after it, or NULL where it is none or half a character.
static const u8 *unescape(const u8 *p, const u8 *end, u8 **out) {
    static const u8 plain[128] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                  ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    if (end - p < 2 || p[1] >= 128) return NULL;
    if (p[1] != 'u') {
        *(*out)++ = plain[p[1]];
        return plain[p[1]] ? p + 2 : NULL;
    }
    if (end - p < 6) return NULL;
    int c = hex4(p + 2);
    p += 6;
    if (c >= 0xD800 && c < 0xDC00) {
        int low = end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2) : -1;
        if (low < 0xDC00 || low > 0xDFFF) return NULL;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
    } else if (c < 0 || (c >= 0xDC00 && c < 0xE000)) {
        return NULL;
    }
    *out = put_utf8(*out, (u32)c);
    return p;
}

// The text of the JSON string whose opening quote is before p, to *out, which may write 8 bytes more than it needs.
static const u8 *copy_text(const u8 *p, const u8 *end, u8 **out) {
    u8 *to = *out;
    while (p < end) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        while (end - p >= 8) {
            u64 word;
            memcpy(&word, p, 8);
            memcpy(to, p, 8);
            u64 odd = odd_bytes(word);
            int plain = odd ? __builtin_ctzll(odd) / 8 : 8;
            p += plain;
            to += plain;
            if (odd) break;
        }
        if (p == end) return NULL;
#endif
        if (*p == '"') {
            *out = to;
            return p + 1;
        }
        if (*p < 0x20) return NULL;
        if (*p == '\\') {
            if (!(p = unescape(p, end, &to))) return NULL;
        } else {
            int size = *p < 0x80 ? 1 : utf8_length(p, end);
            if (!size) return NULL;
            while (size--) *to++ = *p++;
        }
    }
    return NULL;
}

// Which of the texts names[edges[k]:edges[k + 1]] stands at p; -1: none.
static i64 name_at(const u8 *p, const u8 *end, const u8 *names, const i64 *edges, i64 first, i64 last) {
    for (i64 k = first; k < last; k++) {
        i64 size = edges[k + 1] - edges[k];
        if (end - p >= size && !memcmp(p, names + edges[k], (size_t)size)) return k;
    }
    return -1;
}

static const u8 *past_string(const u8 *p, const u8 *end) {
    for (p++; p < end; p++) {
        if (*p == '"') return p + 1;
        if (*p == '\\') p++;
    }
    return NULL;
}

// The end of the JSON value at p. What it holds is not looked at: a value that is none has some end.
static const u8 *past_value(const u8 *p, const u8 *end) {
    const u8 *start = p;
    i64 depth = 0;
    while (p < end) {
        if (*p == '"') {
            if (!(p = past_string(p, end))) return NULL;
            if (!depth) return p;
            continue;
        }
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') {
            if (!depth) break;
            if (!--depth) return p + 1;
        }
        if (!depth && (*p == ',' || *p == ' ' || *p == '\t' || *p == '\r')) break;
        p++;
    }
    return depth || p == start ? NULL : p;
}

// The colon after a key, and the place of the value after it.
static const u8 *past_colon(const u8 *p, const u8 *end) {
    p = past_space(p, end);
    return p < end && *p == ':' ? past_space(p + 1, end) : NULL;
}

typedef struct {
    const u8 *names, *roles;
    const i64 *name_edges, *role_edges;
    i64 keys, role_count;
    u8 *text, *codes;
    i64 *edges, turns, most;
    u8 *start;
} Chats;

// One message at p: names[keys] is the key of its role, names[keys + 1] that of its content.
static const u8 *message(Chats *c, const u8 *p, const u8 *end) {
    int seen = 0;
    if (p >= end || *p++ != '{' || c->turns >= c->most) return NULL;
    for (;;) {
        p = past_space(p, end);
        i64 k = name_at(p, end, c->names, c->name_edges, c->keys, c->keys + 2);
        if (k < 0 || seen & 1 << (k - c->keys)) return NULL;
        seen |= 1 << (k - c->keys);
        p = past_colon(p + c->name_edges[k + 1] - c->name_edges[k], end);
        if (!p || p >= end || *p != '"') return NULL;
        if (k == c->keys) {
            i64 role = name_at(p, end, c->roles, c->role_edges, 0, c->role_count);
            if (role < 0) return NULL;
            c->codes[c->turns] = (u8)role;
            p += c->role_edges[role + 1] - c->role_edges[role];
        } else if (!(p = copy_text(p + 1, end, &c->text))) {
            return NULL;
        }
        p = past_space(p, end);
        if (p >= end) return NULL;
        if (*p == '}') break;
        if (*p++ != ',') return NULL;
    }
    c->edges[++c->turns] = c->text - c->start;
    return seen == 3 ? p + 1 : NULL;
}

static const u8 *messages(Chats *c, const u8 *p, const u8 *end) {
    if (p >= end || *p++ != '[') return NULL;
    for (;;) {
        if (!(p = message(c, past_space(p, end), end))) return NULL;
        p = past_space(p, end);
        if (p >= end) return NULL;
        if (*p == ']') return p + 1;
        if (*p++ != ',') return NULL;
    }
}

// Lines that end at ends[0:lines], each with the keys names[0:keys] (in their quotes; at most 64), of which `chat`
// holds the messages. Gives the texts, one after the other, with their edges [turns + 1], the number of each one's
// role, the turns of each line, and where in data the other keys' values stand, spans [lines][keys][2].
// Returns the number of turns; -2 where a line is not plain. text has 8 bytes to spare, most turns have place.
i64 EXPORT(fs_chats)(const u8 *data, const i64 *ends, i64 lines, const u8 *names, const i64 *name_edges, i64 keys,
                     i64 chat, const u8 *roles, const i64 *role_edges, i64 role_count, i64 most, u8 *text, i64 *edges,
                     u8 *codes, i64 *lengths, i64 *spans) {
    Chats c = {names, roles, name_edges, role_edges, keys, role_count, text, codes, edges, 0, most, text};
    u64 all = keys == 64 ? ~(u64)0 : ((u64)1 << keys) - 1;
    edges[0] = 0;
    for (i64 line = 0; line < lines; line++) {
        const u8 *p = data + (line ? ends[line - 1] + 1 : 0), *end = data + ends[line];
        i64 before = c.turns;
        u64 seen = 0;
        p = past_space(p, end);
        if (p >= end || *p++ != '{') return -2;
        for (;;) {
            p = past_space(p, end);
            i64 k = name_at(p, end, names, name_edges, 0, keys);
            if (k < 0 || seen >> k & 1) return -2;
            seen |= (u64)1 << k;
            p = past_colon(p + name_edges[k + 1] - name_edges[k], end);
            if (!p) return -2;
            const u8 *value = p;
            p = k == chat ? messages(&c, p, end) : past_value(p, end);
            if (!p) return -2;
            spans[(line * keys + k) * 2] = value - data;
            spans[(line * keys + k) * 2 + 1] = p - data;
            p = past_space(p, end);
            if (p >= end) return -2;
            if (*p == '}') break;
            if (*p++ != ',') return -2;
        }
        if (seen != all || past_space(p + 1, end) != end) return -2;
        lengths[line] = c.turns - before;
    }
    return c.turns;
}

// ---- Which rows are nearer than a floor -------------------------------------------------------------------

// s [rows, columns]: similarities of a tile whose first row and column are those numbers of all. Row i covers column j
// where the similarity is above the column's floor, and the other way round; a tile on the diagonal holds both already.
// Writes who covers whom, and how well, and returns how many; the three arrays have room for 2 * rows * columns.
i64 EXPORT(fs_above)(const float *s, i64 rows, i64 columns, i64 first_row, i64 first_column, const float *floor_row,
                     const float *floor_column, i64 diagonal, u32 *covers, u32 *covered, float *similarity) {
    i64 count = 0;
    for (i64 i = 0; i < rows; i++) {
        const float *line = s + i * columns;
        for (i64 at = 0; at < columns; at += 16) {
            i64 stop = at + 16 < columns ? at + 16 : columns;
            u32 any = 0;
            for (i64 j = at; j < stop; j++) any |= (line[j] > floor_column[j]) | (line[j] > floor_row[i]);
            if (!any) continue;
            for (i64 j = at; j < stop; j++) {
                if (line[j] > floor_column[j]) {
                    covers[count] = (u32)(first_row + i);
                    covered[count] = (u32)(first_column + j);
                    similarity[count++] = line[j];
                }
                if (!diagonal && line[j] > floor_row[i]) {
                    covers[count] = (u32)(first_column + j);
                    covered[count] = (u32)(first_row + i);
                    similarity[count++] = line[j];
                }
            }
        }
    }
    return count;
}

// ---- Which texts hold which words -------------------------------------------------------------------------

// Follows an automaton of words over each document; see signs.py, which makes it. class_of_byte [256]; next: the state
// behind a state for each class, as the offset of its row; of: what each state has found, by number. States from
// `telling` on have found something. out: what each document holds, a bit for each sign.
i64 EXPORT(fs_signs)(const u8 *data, i64 size, const i64 *starts, const i64 *ends, i64 lo, i64 hi,
                     const u8 *class_of_byte, const u32 *next, i64 width, i64 telling, const u64 *of, u64 *out) {
    (void)size;
    for (i64 i = lo; i < hi; i++) {
        u64 found = 0;
        u32 state = 0, most = (u32)telling;
        for (const u8 *p = data + starts[i], *end = data + ends[i]; p < end; p++) {
            state = next[state + class_of_byte[*p]];
            if (state >= most) found |= of[state / (u32)width];
        }
        out[i - lo] = found;
    }
    return 0;
}

// ---- Which instruction set --------------------------------------------------------------------------------

#if defined(DISPATCH)
#if defined(__x86_64__)
#include <cpuid.h>
#endif

// 0: base, 1: AVX2, 2: AVX-512. Asked of the processor itself: __builtin_cpu_supports says no to everything in a
// library that Zig has linked.
int EXPORT(fs_best)(void) {
#if defined(__x86_64__)
    u32 a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1)) return 0;
    // Which registers the system saves: bits 1 and 2 for AVX, 5 to 7 besides for AVX-512.
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x06) != 0x06 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    u32 avx2 = 1u << 3 | 1u << 5 | 1u << 8;                   // BMI, AVX2, BMI2
    u32 avx512 = avx2 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; // F, DQ, BW, VL
    if ((b & avx512) == avx512 && (low & 0xe6) == 0xe6) return 2;
    if ((b & avx2) == avx2) return 1;
#endif
    return 0;
}
#endif
