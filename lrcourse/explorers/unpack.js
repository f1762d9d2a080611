/** Bytes that Python packed with zlib and wrote in base64. */
export async function unpack(text) {
  const packed = new Blob([Uint8Array.from(atob(text), c => c.charCodeAt(0))]);
  return new Uint8Array(await new Response(packed.stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
}
