using Fusion.Graph;
using Fusion.Runtime;

/// <summary>The model's own ops in plain C#, clear rather than fast. On a GPU, an author launches kernels here.</summary>
internal static unsafe class CpuOps
{
    /// <summary>e4m3 codes · weightsᵀ · scale: x [M, K], w [N, K], scale [1, 1].</summary>
    public static CustomOp Fp8Matmul { get; } = new(
        "fp8_matmul", types => CpuMatmul.ShapeOf(types, ElementType.BFloat16),
        launch => Multiply(launch, Codes(launch), *(float*)launch.Inputs[2].Address));

    /// <summary>e2m1 codes · block scales · weightsᵀ / global scale: x [M, K], w [N, K], scales [M, K/16], global
    /// [1, 1].</summary>
    public static CustomOp NvFp4Matmul { get; } = new(
        "nvfp4_matmul", types => CpuMatmul.ShapeOf(types, ElementType.BFloat16),
        launch => Multiply(launch, Scaled(launch), 1 / *(float*)launch.Inputs[3].Address));

    /// <summary>silu(gate) · up, of [M, 2F] with the gates first.</summary>
    public static CustomOp SiluAndMul { get; } = new(
        "silu_and_mul", types => [types[0] with { Columns = types[0].Columns / 2 }],
        launch =>
        {
            var (x, y) = (launch.Inputs[0], launch.Outputs[0]);
            for (var i = 0L; i < y.Count; i++)
            {
                var (row, column) = (i / y.Columns, i % y.Columns);
                var (gate, up) = (Read(x, (row * x.Columns) + column), Read(x, (row * x.Columns) + y.Columns + column));
                ((BFloat16*)y.Address)[i] = (BFloat16)(gate / (1 + MathF.Exp(-gate)) * up);
            }
        });

    /// <summary>Causal attention of the run's tokens, without positions and cache: [M, Q + 2KV] with queries, keys,
    /// values.</summary>
    public static CustomOp Attention(int heads, int keyValueHeads, int headSize) => new(
        "attention", types => [types[0] with { Columns = heads * headSize }],
        launch =>
        {
            var qkv = launch.Inputs[0];
            var (keys, values) = (heads * headSize, (heads + keyValueHeads) * headSize);
            Attend(launch, (qkv, 0), (qkv, keys), (qkv, values), heads, keyValueHeads, headSize);
        });

    /// <summary>The same of queries, keys and values that are tensors of their own.</summary>
    public static CustomOp AttentionOfParts(int heads, int keyValueHeads, int headSize) => new(
        "attention", types => [types[0]],
        launch => Attend(launch, (launch.Inputs[0], 0), (launch.Inputs[1], 0), (launch.Inputs[2], 0), heads, keyValueHeads,
            headSize));

    private static void Attend(
        CustomLaunch launch, (DeviceTensor Tensor, int First) q, (DeviceTensor Tensor, int First) k,
        (DeviceTensor Tensor, int First) v,
        int heads, int keyValueHeads, int headSize)
    {
        var y = launch.Outputs[0];
        Parallel.For(0, launch.Tokens * heads, i =>
        {
            var (token, head) = (i / heads, i % heads);
            var shared = head / (heads / keyValueHeads) * headSize;
            var weights = new float[token + 1];
            for (var other = 0; other <= token; other++)
            {
                for (var c = 0; c < headSize; c++)
                    weights[other] += At(q, token, (head * headSize) + c) * At(k, other, shared + c);
                weights[other] /= MathF.Sqrt(headSize);
            }

            var most = weights.Max();
            for (var other = 0; other <= token; other++) weights[other] = MathF.Exp(weights[other] - most);
            var total = weights.Sum();
            for (var c = 0; c < headSize; c++)
            {
                var sum = 0f;
                for (var other = 0; other <= token; other++) sum += weights[other] / total * At(v, other, shared + c);
                ((BFloat16*)y.Address)[(token * y.Columns) + (head * headSize) + c] = (BFloat16)sum;
            }
        });

        static float At((DeviceTensor Tensor, int First) part, int row, int column) =>
            Read(part.Tensor, (row * part.Tensor.Columns) + part.First + column);
    }

    private static float[] Codes(CustomLaunch launch)
    {
        var x = launch.Inputs[0];
        var values = new float[x.Count];
        for (var i = 0; i < values.Length; i++) values[i] = (float)((Float8E4M3*)x.Address)[i];
        return values;
    }

    private static float[] Scaled(CustomLaunch launch)
    {
        var x = launch.Inputs[0];
        var scales = (Float8E4M3*)launch.Inputs[2].Address;
        var values = new float[x.Count];
        var blocks = (int)x.Columns / Quantization.NvFp4Block;
        for (var i = 0; i < values.Length; i++)
        {
            var (even, odd) = Float4E2M1.Unpack(((byte*)x.Address)[i / 2]);
            var (row, column) = (i / x.Columns, (int)(i % x.Columns));
            var scale = scales[ScaleLayouts.Offset(ScaleLayout.Swizzled128x4, row, column / Quantization.NvFp4Block, blocks)];
            values[i] = (float)(i % 2 == 0 ? even : odd) * (float)scale;
        }

        return values;
    }

    private static void Multiply(CustomLaunch launch, float[] x, float scale)
    {
        var (w, y) = (launch.Inputs[1], launch.Outputs[0]);
        Parallel.For(0, (int)w.Rows, n =>
        {
            for (var row = 0L; row < y.Rows; row++)
            {
                var sum = 0f;
                for (var k = 0L; k < w.Columns; k++) sum += x[(row * w.Columns) + k] * Read(w, (n * w.Columns) + k);
                ((BFloat16*)y.Address)[(row * y.Columns) + n] = (BFloat16)(sum * scale);
            }
        });
    }

    private static float Read(DeviceTensor tensor, long index) => tensor.Type == ElementType.Float8E4M3
        ? (float)((Float8E4M3*)tensor.Address)[index] : (float)((BFloat16*)tensor.Address)[index];
}
