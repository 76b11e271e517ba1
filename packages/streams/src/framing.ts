/** The wire format of Confluent's serializers: a zero byte, the schema's id in four bytes, big-endian, then the stored bytes. */
const HEADER_BYTES = 5;

export function frame(schemaId: number, text: string): Buffer {
  const bytes = Buffer.byteLength(text, 'utf8');
  const framed = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(schemaId, 1);
  framed.write(text, HEADER_BYTES, 'utf8');
  return framed;
}

/** The parts of a framed message, or `undefined` when the bytes are not framed. */
export function unframe(value: Buffer): { schemaId: number; text: string } | undefined {
  if (value.length < HEADER_BYTES || value[0] !== 0) return undefined;
  return { schemaId: value.readUInt32BE(1), text: value.toString('utf8', HEADER_BYTES) };
}
