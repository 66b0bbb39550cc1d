using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model.Graph;

namespace Llama.Model.Reference;

/// <summary>The model's own ops in plain C# for ranks on the CPU: sums in f32, one rounding for each result.</summary>
public sealed unsafe class CpuLlamaOps : LlamaOps
{
    private readonly ModelConfig config;
    private readonly int ranks;
    private readonly Rope rope;
    private readonly ICpuCache cache;

    /// <summary>Makes the ops of a model.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="cache">Keys and values of the sequences.</param>
    public CpuLlamaOps(ModelConfig config, int ranks, ICpuCache cache)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(cache);
        (this.config, this.ranks, this.cache, rope) = (config, ranks, cache, new(config));
    }

    /// <inheritdoc/>
    protected override void Embed(CustomLaunch launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        var (tokens, weight, y) = (launch.Inputs[0], launch.Inputs[1], launch.Outputs[0]);
        var first = launch.Rank.Index * weight.Rows;
        for (var row = 0L; row < y.Rows; row++)
        {
            var own = ((int*)tokens.Address)[row] - first;
            for (var column = 0L; column < y.Columns; column++)
                Write(y, (row * y.Columns) + column, own >= 0 && own < weight.Rows ? Read(weight, (own * weight.Columns) + column) : 0);
        }
    }

    /// <inheritdoc/>
    protected override void Gate(CustomLaunch launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        var (gate, up, y) = (launch.Inputs[0], launch.Inputs[1], launch.Outputs[0]);
        for (var i = 0L; i < y.Count; i++)
        {
            var value = Read(gate, i);
            Write(y, i, value / (1 + MathF.Exp(-value)) * Read(up, i));
        }
    }

    /// <inheritdoc/>
    protected override void Attend(CustomLaunch launch, int layer)
    {
        ArgumentNullException.ThrowIfNull(launch);
        var (q, k, v, y) = (launch.Inputs[0], launch.Inputs[1], launch.Inputs[2], launch.Outputs[0]);
        var positions = (int*)launch.Inputs[3].Address;
        var sequences = (int*)launch.Inputs[4].Address;
        var (heads, keyValueHeads) = (config.Heads / ranks, config.KeyValueHeads / ranks);
        for (var token = 0; token < q.Rows; token++)
        {
            var place = new CachePlace(launch.Rank.Index, layer, sequences[token]);
            cache.Put(place, positions[token], Turned(k, token, keyValueHeads, positions[token]), Row(v, token));
            var before = new (float[] Key, float[] Value)[positions[token] + 1];
            for (var other = 0; other < before.Length; other++) before[other] = cache.Find(place, other);
            var queries = Turned(q, token, heads, positions[token]);
            for (var head = 0; head < heads; head++)
            {
                var shared = head / (heads / keyValueHeads) * config.HeadSize;
                Attend(queries.AsSpan(head * config.HeadSize, config.HeadSize), before, shared, y, ((long)token * y.Columns) + (head * config.HeadSize));
            }
        }
    }

    private void Attend(ReadOnlySpan<float> query, (float[] Key, float[] Value)[] before, int shared, DeviceTensor y, long at)
    {
        var weights = new float[before.Length];
        var most = float.NegativeInfinity;
        for (var other = 0; other < weights.Length; other++)
        {
            var sum = 0f;
            for (var c = 0; c < query.Length; c++) sum += query[c] * before[other].Key[shared + c];
            most = MathF.Max(most, weights[other] = sum / MathF.Sqrt(config.HeadSize));
        }

        var total = 0f;
        for (var other = 0; other < weights.Length; other++) total += weights[other] = MathF.Exp(weights[other] - most);
        for (var c = 0; c < query.Length; c++)
        {
            var sum = 0f;
            for (var other = 0; other < weights.Length; other++) sum += weights[other] * before[other].Value[shared + c];
            Write(y, at + c, sum / total);
        }
    }

    // Rounded as they lie in the cache of a GPU.
    private float[] Turned(DeviceTensor tensor, int token, int heads, int position)
    {
        var row = Row(tensor, token);
        for (var head = 0; head < heads; head++) rope.Turn(row.AsSpan(head * config.HeadSize, config.HeadSize), position);
        for (var i = 0; i < row.Length; i++) row[i] = tensor.Type == ElementType.Float16 ? (float)(Half)row[i] : (float)(BFloat16)row[i];
        return row;
    }

    private static float[] Row(DeviceTensor tensor, int token)
    {
        var row = new float[tensor.Columns];
        for (var i = 0; i < row.Length; i++) row[i] = Read(tensor, (token * tensor.Columns) + i);
        return row;
    }

    private static float Read(DeviceTensor tensor, long index) => tensor.Type == ElementType.Float16
        ? (float)((Half*)tensor.Address)[index] : (float)((BFloat16*)tensor.Address)[index];

    private static void Write(DeviceTensor tensor, long index, float value)
    {
        if (tensor.Type == ElementType.Float16) ((Half*)tensor.Address)[index] = (Half)value;
        else ((BFloat16*)tensor.Address)[index] = (BFloat16)value;
    }
}
