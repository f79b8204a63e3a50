// load PORT CONNECTIONS REQUESTS: asks a server on this machine for as many pages, by connections that stay open, one
// request on each at a time; prints the seconds it took. All answers must be as long as a connection's first one.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char ask[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct connection {
    int fd;
    size_t have, length;
    char first[4096];
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void send_request(struct connection *c) {
    c->have = 0;
    if (write(c->fd, ask, sizeof ask - 1) != sizeof ask - 1)
        fail("write");
}

// The length of the answer that begins in c->first, or 0 if its head is not whole.
static size_t length_of(struct connection *c) {
    c->first[c->have] = 0;
    char *end = strstr(c->first, "\r\n\r\n"), *field = strcasestr(c->first, "content-length:");
    if (!end)
        return 0;
    if (strncmp(c->first, "HTTP/1.1 200", 12) || !field || field > end) {
        fprintf(stderr, "an answer like this is not expected:\n%s\n", c->first);
        exit(1);
    }
    return end + 4 - c->first + strtoul(field + 15, 0, 10);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 64;
    int n = atoi(argv[2]), set = epoll_create1(0);
    long left = atol(argv[3]), begun = 0;
    struct connection *all = calloc(n, sizeof *all);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < n && begun < left; i++) {
        struct connection *c = &all[i];
        int yes = 1;
        c->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address))
            fail("connect");
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(set, EPOLL_CTL_ADD, c->fd, &event);
        send_request(c);
        begun++;
    }
    for (long most = left; left > 0;) {
        struct epoll_event events[64];
        int found = epoll_wait(set, events, 64, 10000);
        if (found <= 0)
            fail("epoll_wait");
        for (int i = 0; i < found; i++) {
            struct connection *c = events[i].data.ptr;
            char later[4096], *into = c->length ? later : c->first + c->have;
            ssize_t got = read(c->fd, into, c->length ? sizeof later : sizeof c->first - 1 - c->have);
            if (got <= 0)
                fail("read");
            c->have += got;
            if (!c->length)
                c->length = length_of(c);
            if (c->length && c->have >= c->length) {
                left--;
                if (begun < most) {
                    send_request(c);
                    begun++;
                }
            }
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.6f\n", to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
}
