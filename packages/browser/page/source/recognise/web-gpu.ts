/** WebGPU as far as this page asks for it. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** Null, or why there is no WebGPU in this browser. */
export async function missingWebGpu(): Promise<string | null> {
  const { gpu } = navigator as { gpu?: Gpu };
  if (!window.isSecureContext) return 'Browsers offer WebGPU over https and on localhost only.';
  if (gpu === undefined) return 'This browser has no WebGPU.';
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter === null ? 'This browser knows WebGPU, but has no graphics device for it.' : null;
}
