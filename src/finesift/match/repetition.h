// Which documents may repeat themselves: the statistics of the check `repetition`, never too low.
//
// The check itself looks at those that are named here, so a document that is named for nothing costs time, and one
// that is passed over would be lost. Where Python's idea of a word is not known here, the document is named.

// Rust's and Python's white space beyond ASCII, or 0: how many bytes stand for it at p.
static int wide_space(const u8 *p, const u8 *end) {
    if (end - p >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0)) return 2;
    if (end - p < 3) return 0;
    if (p[0] == 0xe1 && p[1] == 0x9a && p[2] == 0x80) return 3;
    if (p[0] == 0xe2 && p[1] == 0x80 && (p[2] <= 0x8a || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf)) return 3;
    if (p[0] == 0xe2 && p[1] == 0x81 && p[2] == 0x9f) return 3;
    return p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80 ? 3 : 0;
}

// `end` without the white space before it; python: the separators 0x1c to 0x1f count as well.
static const u8 *trimmed(const u8 *p, const u8 *end, int python) {
    while (end > p) {
        u8 c = end[-1];
        if (c == ' ' || (c >= 9 && c <= 13) || (python && c >= 0x1c && c <= 0x1f))
            end--;
        else if (c >= 0x80 && end - p >= 2 && wide_space(end - 2, end) == 2)
            end -= 2;
        else if (c >= 0x80 && end - p >= 3 && wide_space(end - 3, end) == 3)
            end -= 3;
        else
            break;
    }
    return end;
}

static inline const u8 *next_character(const u8 *p, const u8 *end) {
    p++;
    while (p < end && (*p & 0xc0) == 0x80) p++;
    return p;
}

// How often a piece stands in a text, one after the other; counting stops at `enough`.
static i64 times_in(const u8 *p, const u8 *end, const u8 *piece, i64 bytes, i64 enough) {
    i64 count = 0;
    if (!bytes) return enough;
    while (count < enough && end - p >= bytes) {
        p = memchr(p, piece[0], (size_t)(end - p - bytes + 1));
        if (!p) break;
        if (memcmp(p, piece, (size_t)bytes))
            p++;
        else
            count++, p += bytes;
    }
    return count;
}

// Its last nine characters stand in it three times, or nine from its midst six times.
static int shows_a_loop(const u8 *p, const u8 *end) {
    const u8 *last = trimmed(p, end, 0), *from = last;
    for (int k = 0; k < 9 && from > p; k++) {
        from--;
        while (from > p && (*from & 0xc0) == 0x80) from--;
    }
    if (times_in(p, last, from, last - from, 3) >= 3) return 1;
    if (end - p >= 600) return 0;
    i64 characters = 0;
    for (const u8 *at = p; at < end; at = next_character(at, end)) characters++;
    from = p;
    for (i64 k = 0; k < characters / 3; k++) from = next_character(from, end);
    const u8 *to = from;
    for (int k = 0; k < 9 && to < end; k++) to = next_character(to, end);
    return times_in(p, end, from, to - from, 6) >= 6;
}

// Of its words, as spaces part them, fewer than 0.45 are different. -1: out of memory.
static int is_poor(const u8 *p, const u8 *end, Set *set) {
    i64 all = 1, different = 0;
    for (const u8 *at = p; at < end; at++) all += *at == ' ';
    if (!clear(set, all)) return -1;
    for (const u8 *at = p; at <= end; at++) {
        const u8 *stop = at < end ? memchr(at, ' ', (size_t)(end - at)) : NULL;
        if (!stop) stop = end;
        different += add_to(set, hash_word(at, stop - at, end, 0));
        at = stop;
    }
    return (double)different / (double)all < 0.45;
}

// A document without its code, its words, and how many characters each has.
typedef struct {
    u8 *text;
    u64 *words, *grams;
    i64 *lengths;
    u32 *times; // of each place of a set of its grams
    i64 room, count, bytes;
    int foreign; // whether it holds characters of which it is not known here whether they make words
} Plain;

static void plain_free(Plain *plain) {
    free(plain->text), free(plain->words), free(plain->grams), free(plain->lengths), free(plain->times);
}

static int plain_room(Plain *plain, i64 bytes) {
    if (bytes <= plain->room) return 1;
    plain_free(plain);
    bytes += bytes / 2; // the next may be a little longer
    // No two words stand in fewer than three bytes; a set has up to four places for each.
    size_t words = (size_t)bytes / 2 + 8;
    plain->text = malloc((size_t)bytes + 64), plain->words = malloc(words * 8), plain->grams = malloc(words * 8);
    plain->lengths = malloc(words * 8), plain->times = malloc(words * 16 + 64);
    plain->room = plain->text && plain->words && plain->grams && plain->lengths && plain->times ? bytes : 0;
    return plain->room > 0;
}

static void copy_without_code(const u8 *p, const u8 *end, Plain *plain) {
    u8 *out = plain->text;
    while (p < end) {
        const u8 *tick = memchr(p, '`', (size_t)(end - p));
        while (tick && (end - tick < 3 || tick[1] != '`' || tick[2] != '`'))
            tick = tick + 1 < end ? memchr(tick + 1, '`', (size_t)(end - tick - 1)) : NULL;
        const u8 *stop = tick ? tick : end;
        memcpy(out, p, (size_t)(stop - p));
        out += stop - p;
        p = stop;
        if (!tick) break;
        const u8 *close = tick + 3;
        while (close < end && !(end - close >= 3 && close[0] == '`' && close[1] == '`' && close[2] == '`')) close++;
        close = close < end ? close + 3 : end;
        memset(out, ' ', (size_t)(close - p));
        out += close - p;
        p = close;
    }
    plain->bytes = out - plain->text;
}

// 1: part of a word for Python's \w, 0: not, -1: not known here. c is beyond ASCII.
static int in_word(u32 c) {
    if (c < 0xc0) return c == 0xaa || c == 0xb2 || c == 0xb3 || c == 0xb5 || c == 0xb9 || c == 0xba || (c >= 0xbc && c <= 0xbe);
    if (c < 0x250) return c == 0x130 ? -1 : c != 0xd7 && c != 0xf7;
    if ((c >= 0x2000 && c < 0x2070) || (c >= 0x20a0 && c < 0x20d0) || (c >= 0x2190 && c < 0x2460)) return 0;
    if ((c >= 0x2500 && c < 0x2776) || (c >= 0x2794 && c < 0x2c00) || c == 0xfe0f || (c >= 0x1f300 && c < 0x1fb00)) return 0;
    return -1;
}

static inline int in_ascii_word(u8 c) { return (u8)((c | 0x20) - 'a') < 26 || (u8)(c - '0') < 10 || c == '_'; }

// Adds the words of a span of the text. What is hashed is folded; any two words that Python calls equal are so here.
static void add_words(Plain *plain, const u8 *p, const u8 *end) {
    while (p < end) {
        u64 hash = 0;
        i64 length = 0;
        while (p < end) {
            u32 c = *p;
            if (c < 0x80) {
                if (!in_ascii_word((u8)c)) break;
                c = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
                p++;
            } else {
                const u8 *after = p;
                c = decode(&after, end);
                int is = in_word(c);
                if (is < 0) plain->foreign = 1;
                if (is <= 0) break;
                c = c < KNOWN ? fold_of[c] : c;
                p = after;
            }
            hash = (hash ^ c) * 0x9fb21c651e98df25ull;
            hash ^= hash >> 29;
            length++;
        }
        if (length) {
            plain->words[plain->count] = mix(hash);
            plain->lengths[plain->count++] = length;
        }
        if (p < end) p = next_character(p, end);
    }
}

// The words of the text, each of its lines once where `once` is set. Returns how many of the lines are repeated, -1:
// out of memory.
static i64 plain_words(Plain *plain, int once, Set *set) {
    const u8 *p = plain->text, *end = p + plain->bytes;
    i64 lines = 1, repeated = 0;
    plain->count = 0;
    plain->foreign = 0;
    if (!once) return add_words(plain, p, end), 0;
    for (const u8 *at = p; at < end; at++) lines += *at == '\n';
    if (!clear(set, lines)) return -1;
    while (p < end) {
        const u8 *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop) stop = end;
        const u8 *from = p, *to = trimmed(p, stop, 1);
        while (from < to) {
            int wide = wide_space(from, to);
            if (*from == ' ' || (*from >= 9 && *from <= 13) || (*from >= 0x1c && *from <= 0x1f))
                from++;
            else if (wide)
                from += wide;
            else
                break;
        }
        if (from < to) {
            if (add_to(set, hash_word(from, to - from, end, 0)))
                add_words(plain, from, to);
            else
                repeated++;
        }
        p = stop + 1;
    }
    return repeated;
}

// Replaces `grams` by the hashes of every n words in a row. Returns how many.
static i64 grams_of(Plain *plain, i64 n) {
    i64 count = plain->count - n + 1;
    for (i64 k = 0; k < count; k++) {
        u64 sum = 0;
        for (i64 j = 0; j < n; j++) sum = sum * BASE + plain->words[k + j];
        sum = mix(sum);
        plain->grams[k] = sum ? sum : 1;
    }
    return count > 0 ? count : 0;
}

// Where a value of the set lies.
static inline u64 place_of(const Set *set, u64 value) {
    u64 place = value & set->mask;
    while (set->at[place] != value) place = (place + 1) & set->mask;
    return place;
}

// A share of the text in one n-gram, or in grams of five words that occur before, is over what the check lets pass;
// below eighty words only a share of 0.7 counts. -1: out of memory.
static int over_a_limit(Plain *plain, Set *set) {
    static const double TOP[] = {0.20, 0.18, 0.16};
    const double again = 0.30; // of ten words that occur before, the lowest of the limits; five are as many or more
    i64 total = 0;
    if (plain->count < 30) return 0;
    for (i64 k = 0; k < plain->count; k++) total += plain->lengths[k];
    int few = plain->count < 80;
    i64 grams = grams_of(plain, 5), covered = 0, reached = 0;
    if (!clear(set, grams)) return -1;
    for (i64 k = 0; k < grams; k++) {
        if (add_to(set, plain->grams[k])) continue;
        for (i64 j = k > reached ? k : reached; j < k + 5; j++) covered += plain->lengths[j];
        reached = k + 5;
    }
    if ((double)covered > (few ? 0.7 : again) * (double)total - 1) return 1;
    for (i64 n = 2; n <= 4; n++) {
        grams = grams_of(plain, n);
        if (!clear(set, grams)) return -1;
        memset(plain->times, 0, (size_t)(set->mask + 1) * sizeof(u32));
        double limit = (few ? 0.7 : TOP[n - 2]) * (double)total - 1;
        int often = 0;
        for (i64 k = 0; k < grams; k++) {
            add_to(set, plain->grams[k]);
            u32 times = ++plain->times[place_of(set, plain->grams[k])];
            if (times < 4) continue;
            often = 1;
            i64 characters = 0;
            for (i64 j = 0; j < n; j++) characters += plain->lengths[k + j];
            if ((double)(times * characters) > limit) return 1;
        }
        if (!often) break; // and no longer one is there as often
    }
    return 0;
}

// The text ends in five copies of one unit, or four and forty bytes.
static int may_loop(const Plain *plain, int ascii) {
    const u8 *end = trimmed(plain->text, plain->text + plain->bytes, 1);
    i64 length = end - plain->text, most = ascii ? 160 : 640;
    for (i64 unit = 2; unit <= most && 5 * unit <= length; unit++) {
        i64 run = 0;
        while (run + unit < length && end[-1 - run] == end[-1 - run - unit] && run < 4 * unit + 40) run++;
        if (run >= 4 * unit && run >= 40) return 1;
    }
    return 0;
}

static int may_repeat(const u8 *p, const u8 *end, Plain *plain, Set *set) {
    if (end - p < 60) return 0;
    int poor = end - p >= 600 ? is_poor(p, end, set) : 0;
    if (poor < 0) return -1;
    if (!poor && !shows_a_loop(p, end)) return 0;
    if (!plain_room(plain, end - p)) return -1;
    copy_without_code(p, end, plain);
    i64 beyond = 0, digits = 0, characters = 0;
    for (i64 k = 0; k < plain->bytes; k++) {
        u8 c = plain->text[k];
        beyond += c >= 0x80;
        digits += (u8)(c - '0') < 10;
        characters += (c & 0xc0) != 0x80;
    }
    if (may_loop(plain, !beyond)) return 1;
    if (digits * 5 > characters) return 0;
    plain_words(plain, 0, set);
    if (plain->foreign) return 1;
    int over = over_a_limit(plain, set);
    if (over) return over;
    // A plan whose lines come once a day is looked at with each line once.
    i64 repeated = plain_words(plain, 1, set);
    return repeated > 0 ? over_a_limit(plain, set) : (int)repeated;
}

// out[i - lo]: whether document i may repeat itself. -1: out of memory.
i64 EXPORT(fs_may_repeat)(const u8 *data, i64 size, const i64 *starts, const i64 *ends, i64 lo, i64 hi, u8 *out) {
    (void)size;
    Plain plain = {0};
    Set set = {0};
    i64 result = 0;
    for (i64 i = lo; i < hi; i++) {
        int may = may_repeat(data + starts[i], data + ends[i], &plain, &set);
        if (may < 0) {
            result = -1;
            break;
        }
        out[i - lo] = (u8)may;
    }
    plain_free(&plain), free(set.at);
    return result;
}
