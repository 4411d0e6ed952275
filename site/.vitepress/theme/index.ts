// VitePress wants a default export here. This theme has the fonts of the reader's machine.
import Theme from 'vitepress/theme-without-fonts';
import './style.css';

// biome-ignore lint/style/noDefaultExport: VitePress reads it
export default Theme;
