/** The page's script, bundled. */
export function pageScript(): Promise<string>;
/** The TypeScript file that holds the script. */
export function pageScriptModule(): Promise<string>;
