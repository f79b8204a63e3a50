#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 123456789;
static int rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (int)(seed & 0x7fffffff);
}

/* open addressing, linear probing, grows at 1/2 load */
typedef struct { char *word; long count; } Entry;
static Entry *entries;
static long room = 16, used;

static Entry *slot(Entry *table, long size, const char *word) {
    uint64_t h = 14695981039346656037u;
    for (const char *c = word; *c; c++) h = (h ^ (unsigned char)*c) * 1099511628211u;
    for (uint64_t i = h & (size - 1);; i = (i + 1) & (size - 1))
        if (!table[i].word || !strcmp(table[i].word, word)) return &table[i];
}

static void count(char *word) {
    Entry *found = slot(entries, room, word);
    if (found->word) {
        found->count++;
        return;
    }
    if (used * 2 >= room) {
        Entry *larger = calloc(room * 2, sizeof(Entry));
        for (long i = 0; i < room; i++)
            if (entries[i].word) *slot(larger, room * 2, entries[i].word) = entries[i];
        free(entries);
        entries = larger;
        room *= 2;
        found = slot(entries, room, word);
    }
    used++;
    found->word = word;
    found->count = 1;
}

static int order(const void *a, const void *b) {
    const Entry *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? 1 : -1;
    return strcmp(x->word, y->word);
}

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 1000;
    long size = 1024, len = 0;
    char *text = malloc(size);
    for (int i = 0; i < n; i++) {
        int a = rnd();
        int k = a % (1 + rnd() % 20000);
        if (len + 32 > size) text = realloc(text, size *= 2);
        len += sprintf(text + len, "w%d ", k);
    }
    entries = calloc(room, sizeof(Entry));
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) count(word);
    Entry *ranked = malloc(used * sizeof(Entry));
    long m = 0;
    for (long i = 0; i < room; i++)
        if (entries[i].word) ranked[m++] = entries[i];
    qsort(ranked, m, sizeof(Entry), order);
    for (int i = 0; i < 10; i++) printf("%s %ld\n", ranked[i].word, ranked[i].count);
    printf("%ld\n", used);
    return 0;
}
