/** As MAX_REPLICAS of the manifest; a copy, since that file brings zod, which is slow to load. */
export const MAX_REPLICAS = 100;
