package helper

import "github.com/bpflint/bpflint/exec/vm"

// table holds the helpers by their number (include/uapi/linux/bpf.h).
var table = [...]vm.Func{
	1: mapLookup, 2: mapUpdate, 3: mapDelete,
	87: mapPush, 88: mapPop, 89: mapPeek,
	195: mapLookupPerCPU, 164: forEach, 181: loop,
	51: redirectMap,

	4: probeRead, 45: probeReadString,
	191: sleeps("bpf_copy_from_user_task", copyFromUserTask),
	112: probeRead, 113: probeReadKernel, 114: probeReadString, 115: probeReadKernelString,

	5: ktime, 125: ktime, 160: ktime, 208: ktime, 118: jiffies,
	7: random, 8: cpuID, 42: numaNode,
	14: pidTGID, 15: uidGID, 16: comm, 35: currentTask, 158: currentTask, 80: cgroupID,

	6: tracePrintk, 177: traceVprintk, 165: snprintf,
	105: strtol, 106: strtoul, 182: strncmp,

	93: spinLock, 94: spinUnlock,
	130: ringOutput, 131: ringReserve, 132: ringSubmit, 133: ringDiscard, 134: ringQuery,
	197: dynptrFromMem, 201: dynptrRead, 202: dynptrWrite, 203: dynptrData,
	198: ringReserveDynptr, 199: ringSubmitDynptr, 200: ringDiscardDynptr,
	25: perfOutput, 111: perfOutput, 121: perfOutput,

	107: storageGet, 108: storageDelete, 145: storageGet, 146: storageDelete, 156: storageGet, 157: storageDelete,
	210: storageGet, 211: storageDelete, 81: localStorage,
	27: stackID, 67: getStack,
	169: timerInit, 170: timerSetCallback, 171: timerStart, 172: timerCancel,
	209: drainUserRing, 194: kptrXchg, 153: perCPUPtr, 154: thisCPUPtr, 180: findVMA,

	58: overrideReturn, 173: funcIP, 174: attachCookie, 183: funcArg, 184: funcRet, 185: funcArgCount,
	186: getRetval, 187: setRetval, 126: seqPrintf, 127: seqWrite,

	9: skbStore, 26: skbLoad, 68: skbLoadRelative,
	10: l3Replace, 11: l4Replace, 28: csumDiff,
	23: redirect, 38: skbChangeTail, 39: skbPull, 34: zero, 41: skbClearHash, 48: skbSetHash, 46: cookie,
	43: skbChangeHead, 31: skbChangeProto, 32: skbChangeType, 50: skbAdjustRoom, 18: skbVlanPush, 19: skbVlanPop,
	192: skbSetTime, 97: skbSetCongestion, 40: csumUpdate, 135: csumLevel,
	20: getTunnelKey, 21: setTunnelKey, 29: getTunnelOpt, 30: setTunnelOpt,
	13: cloneRedirect, 155: redirectPeer, 152: redirectNeighbour, 163: checkMTU, 69: fibLookup, 122: cookie,
	84: noSocket, 85: noSocket, 99: noSocket, 86: zero, 95: fullSocket, 96: noSocket, 98: noSocket,
	22: perfRead, 55: perfReadValue, 66: getTransform, 124: assignSocket, 148: sleeps("bpf_copy_from_user", copyFromUser),
	37: taskUnderCgroup, 33: packetUnderCgroup, 17: zero, 24: zero, 151: zero, 73: pushEncap,
	136: noSocket, 137: noSocket, 138: noSocket, 139: noSocket, 140: noSocket, 178: noSocket, 196: noSocket,
	44: xdpAdjustHead, 54: xdpAdjustMeta, 65: xdpAdjustTail,
	188: xdpLen, 189: xdpLoad, 190: xdpStore,

	149: snprintfBTF, 150: seqPrintfBTF,
	36: probeWriteUser, 109: sendSignal, 117: sendThreadSignal, 120: namespacePID,
	141: taskStack, 175: taskRegs, 119: branchRecords, 176: branchSnapshot, 147: filePath, 159: execOptions,
	79: cgroupID, 128: cgroupID, 83: socketAncestorCgroupID, 129: socketAncestorCgroupID, 123: currentAncestorCgroupID,

	166: sleeps("bpf_sys_bpf", sysBPF), 168: sleeps("bpf_sys_close", sysClose), 167: typeByName, 179: symbolAddr,
	101: sysctlName, 102: sysctlCurrent, 103: sysctlNew, 104: sysctlSet,
	47: zero, 49: setOption, 57: getOption, 59: setCallbacks, 142: loadOption, 143: storeOption, 144: reserveOption,
	53: updateSocketMap, 70: updateSocketMap, 82: selectReuseport,
	52: redirectSocket(true), 60: redirectSocket(true), 72: redirectSocket(false), 71: redirectSocket(false),
	61: messageApply, 62: messageCork, 63: messagePull, 90: messagePush, 91: messagePop,
	74: seg6Change, 75: seg6Change, 76: seg6Action,
	100: socketCookie, 110: socketCookie,
	204: genCookie(ipv4Len, sizesIPv4), 205: genCookie(ipv6Len, sizesIPv6),
	206: checkCookie(ipv4Len, sizesIPv4), 207: checkCookie(ipv6Len, sizesIPv6),
}

// zero is for helpers whose effect is none here.
func zero(*vm.CPU) (uint64, error) { return 0, nil }

func boolean(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
