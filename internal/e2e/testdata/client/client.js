// Submits one call: node client.js CONNECTION FUNCTION [ARG...]
'use strict';

const { createPrivateKey } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { dirname, resolve } = require('node:path');
const grpc = require('@grpc/grpc-js');
const { connect, hash, signers } = require('@hyperledger/fabric-gateway');

async function main([file, name, ...args]) {
	const { channel, chaincodes, organizations: [org] } = JSON.parse(readFileSync(file, 'utf8'));
	const read = (path) => readFileSync(resolve(dirname(file), path));
	const [{ certPath, keyPath }] = org.identities;
	const client = new grpc.Client(org.peers[0].endpoint, grpc.credentials.createSsl(Buffer.from(org.tlsCACert)));
	const gateway = connect({
		client, hash: hash.sha256,
		identity: { mspId: org.mspId, credentials: read(certPath) },
		signer: signers.newPrivateKeySigner(createPrivateKey(read(keyPath))),
	});
	try {
		const result = await gateway.getNetwork(channel).getContract(chaincodes[0]).submitTransaction(name, ...args);
		process.stdout.write(Buffer.from(result));
	} finally {
		gateway.close();
		client.close();
	}
}

main(process.argv.slice(2)).catch((error) => {
	console.error(error);
	process.exitCode = 1;
});
