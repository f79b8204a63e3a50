package main

import (
	"fmt"
	"os"
	"sort"
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

func main() {
	n := 1000
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	var text strings.Builder
	for i := 0; i < n; i++ {
		a := rnd()
		k := a % (1 + rnd()%20000)
		text.WriteString("w")
		text.WriteString(strconv.Itoa(k))
		text.WriteString(" ")
	}
	counts := map[string]int{}
	for _, word := range strings.Split(text.String(), " ") {
		if word != "" {
			counts[word]++
		}
	}
	type pair struct {
		word  string
		count int
	}
	ranked := []pair{}
	for word, count := range counts {
		ranked = append(ranked, pair{word, count})
	}
	sort.Slice(ranked, func(i, j int) bool {
		if ranked[i].count != ranked[j].count {
			return ranked[i].count > ranked[j].count
		}
		return ranked[i].word < ranked[j].word
	})
	for i := 0; i < 10; i++ {
		fmt.Println(ranked[i].word, ranked[i].count)
	}
	fmt.Println(len(counts))
}
