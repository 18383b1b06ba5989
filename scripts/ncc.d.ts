declare module "@vercel/ncc" {
  export default function ncc(
    input: string,
    options: {
      quiet?: boolean;
      transpileOnly?: boolean;
      target?: string;
      license?: string;
      cache?: string | false;
    },
  ): Promise<{ code: string; assets: Record<string, { source: string | Buffer }> }>;
}
