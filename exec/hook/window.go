package hook

// A program about a message may see a part of it only. The rest is hidden before
// and after the part.

// Whole returns the length of the packet with what is hidden.
func (p *Packet) Whole() int { return p.before + p.Len() + p.after }

// Show makes the bytes from start to end, counted in the whole packet, those that
// the program sees.
func (p *Packet) Show(start, end int) {
	p.ShowAll()
	p.before, p.after = start, p.Len()-end
	p.start, p.end = p.start+p.before, p.end-p.after
	p.meta = p.start
	p.publish()
}

// ShowAll makes the whole packet visible.
func (p *Packet) ShowAll() {
	if p.before == 0 && p.after == 0 {
		return
	}
	p.start, p.end = p.start-p.before, p.end+p.after
	p.meta, p.before, p.after = p.start, 0, 0
	p.publish()
}
