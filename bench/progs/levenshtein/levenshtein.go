package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

var seed uint32 = 123456789

func rnd() int {
	seed ^= seed << 13
	seed ^= seed >> 17
	seed ^= seed << 5
	return int(seed & 0x7fffffff)
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func distance(a, b string) int {
	before := []int{}
	for j := 0; j <= len(b); j++ {
		before = append(before, j)
	}
	now := make([]int, len(b)+1)
	for i := 0; i < len(a); i++ {
		now[0] = i + 1
		for j := 0; j < len(b); j++ {
			changed := before[j]
			if a[i] != b[j] {
				changed++
			}
			now[j+1] = min(changed, min(before[j+1], now[j])+1)
		}
		before, now = now, before
	}
	return before[len(b)]
}

func word(n int) string {
	var text strings.Builder
	for i := 0; i < n; i++ {
		at := rnd() % 4
		text.WriteString("ACGT"[at : at+1])
	}
	return text.String()
}

func main() {
	n := 100
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	sum := 0
	for i := 0; i < 4; i++ {
		a := word(n)
		sum += distance(a, word(n))
	}
	fmt.Println(sum)
}
