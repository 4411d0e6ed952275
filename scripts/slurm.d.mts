export declare const nodes: readonly string[];
export declare function slurmMissing(): string | null;
export declare function startNode(folder: string, node: string): void;
export declare function killNode(folder: string, node: string): void;
export declare function startSlurm(
  folder: string,
  options?: { readonly maxArraySize?: number },
): Promise<string>;
export declare function stopSlurm(folder: string): Promise<void>;
