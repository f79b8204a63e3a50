#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t seed = 123456789;
static int rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (int)(seed & 0x7fffffff);
}

typedef struct { int64_t to, cost; } Edge;
typedef struct { int64_t node, cost; } Item;
static Item **items;
static int64_t len, room;

static Item *item(int64_t node, int64_t cost) {
    Item *new = malloc(sizeof(Item));
    new->node = node;
    new->cost = cost;
    return new;
}

static void push(Item *new) {
    if (len == room) items = realloc(items, (room = room ? room * 2 : 4) * sizeof(Item *));
    int64_t at = len++;
    while (at > 0) {
        int64_t up = (at - 1) / 2;
        if (items[up]->cost <= new->cost) break;
        items[at] = items[up];
        at = up;
    }
    items[at] = new;
}

static Item *pop(void) {
    if (len == 0) return NULL;
    Item *first = items[0], *last = items[--len];
    if (len > 0) {
        int64_t at = 0;
        for (;;) {
            int64_t child = at * 2 + 1;
            if (child >= len) break;
            if (child + 1 < len && items[child + 1]->cost < items[child]->cost) child++;
            if (last->cost <= items[child]->cost) break;
            items[at] = items[child];
            at = child;
        }
        items[at] = last;
    }
    return first;
}

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 1000;
    Edge ***graph = malloc(n * sizeof(Edge **));
    for (int i = 0; i < n; i++) {
        graph[i] = malloc(5 * sizeof(Edge *));
        for (int k = 0; k < 5; k++) {
            Edge *edge = graph[i][k] = malloc(sizeof(Edge));
            edge->to = rnd() % n;
            edge->cost = 1 + rnd() % 1000;
        }
    }
    int64_t *costs = malloc(n * sizeof(int64_t));
    for (int i = 0; i < n; i++) costs[i] = (int64_t)1 << 40;
    costs[0] = 0;
    push(item(0, 0));
    for (Item *here; (here = pop()); free(here)) {
        if (here->cost > costs[here->node]) continue;
        for (int k = 0; k < 5; k++) {
            Edge *edge = graph[here->node][k];
            int64_t cost = here->cost + edge->cost;
            if (cost < costs[edge->to]) {
                costs[edge->to] = cost;
                push(item(edge->to, cost));
            }
        }
    }
    int64_t h = 0;
    for (int i = 0; i < n; i++) h = (h * 31 + costs[i]) & 0xffffff;
    printf("%d\n", (int)h);
    return 0;
}
