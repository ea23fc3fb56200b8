package hook

// PacketRegion is the private region of a CPU that holds the packet.
const PacketRegion = packetRegion
