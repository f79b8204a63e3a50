package main

import (
	"fmt"
	"os"
	"strconv"
)

var seed uint32 = 123456789

func rnd() int {
	seed ^= seed << 13
	seed ^= seed >> 17
	seed ^= seed << 5
	return int(seed & 0x7fffffff)
}

type Edge struct{ to, cost int }
type Item struct{ node, cost int }
type Heap struct{ items []*Item }

func (h *Heap) push(item *Item) {
	h.items = append(h.items, item)
	at := len(h.items) - 1
	for at > 0 {
		up := (at - 1) / 2
		if h.items[up].cost <= item.cost {
			break
		}
		h.items[at] = h.items[up]
		at = up
	}
	h.items[at] = item
}

func (h *Heap) pop() *Item {
	if len(h.items) == 0 {
		return nil
	}
	first := h.items[0]
	n := len(h.items) - 1
	last := h.items[n]
	h.items = h.items[:n]
	if n > 0 {
		at := 0
		for {
			child := at*2 + 1
			if child >= n {
				break
			}
			if child+1 < n && h.items[child+1].cost < h.items[child].cost {
				child++
			}
			if last.cost <= h.items[child].cost {
				break
			}
			h.items[at] = h.items[child]
			at = child
		}
		h.items[at] = last
	}
	return first
}

func main() {
	n := 1000
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	graph := [][]*Edge{}
	for i := 0; i < n; i++ {
		edges := []*Edge{}
		for k := 0; k < 5; k++ {
			to := rnd() % n
			edges = append(edges, &Edge{to, 1 + rnd()%1000})
		}
		graph = append(graph, edges)
	}
	costs := make([]int, n)
	for i := range costs {
		costs[i] = 1 << 40
	}
	heap := &Heap{}
	costs[0] = 0
	heap.push(&Item{0, 0})
	for {
		here := heap.pop()
		if here == nil {
			break
		}
		if here.cost > costs[here.node] {
			continue
		}
		for _, edge := range graph[here.node] {
			cost := here.cost + edge.cost
			if cost < costs[edge.to] {
				costs[edge.to] = cost
				heap.push(&Item{edge.to, cost})
			}
		}
	}
	h := 0
	for _, cost := range costs {
		h = (h*31 + cost) & 0xffffff
	}
	fmt.Println(h)
}
