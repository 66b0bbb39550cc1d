using System.Globalization;
using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Checks of a call. They allocate only to throw.</summary>
internal static class MatmulRules
{
    private const int Alignment = 16;
    private const int Block = 128;

    /// <exception cref="FusionArgumentException">A tensor does not fit.</exception>
    public static void Check(in MatmulCall call, IMemoryInspector memory, int gpu)
    {
        var (input, weight, output) = (call.Input, call.Weight, call.Output);
        if (input.Type is not (ElementType.BFloat16 or ElementType.Float16 or ElementType.Float8E4M3))
            throw Wrong(nameof(call.Input), Shape(input), "bf16, f16 or e4m3");
        var isFp8 = input.Type == ElementType.Float8E4M3;
        CheckSizes(nameof(call.Input), input);
        CheckSizes(nameof(call.Weight), weight);
        if (weight.Type != input.Type || weight.Columns != input.Columns)
            throw Wrong(nameof(call.Weight), Shape(weight), Text($"[N, {input.Columns}] of {CallWords.WordOf(input.Type)}, as the input is {Shape(input)}"));
        if (isFp8 && input.Columns % Alignment != 0) throw Wrong(nameof(call.Input), Shape(input), "a multiple of 16 columns of e4m3");
        if (isFp8 && weight.Rows % Alignment != 0) throw Wrong(nameof(call.Weight), Shape(weight), "a multiple of 16 rows of e4m3");
        if (output.Rows != input.Rows || output.Columns != weight.Rows)
            throw Wrong(nameof(call.Output), Shape(output), Text($"[{input.Rows}, {weight.Rows}]: the input's tokens, the weight's rows"));
        var fits = output.Type == ElementType.Float32 || (isFp8 && output.Type is ElementType.BFloat16 or ElementType.Float16) || output.Type == input.Type;
        if (!fits || output.Type == ElementType.Float8E4M3)
            throw Wrong(nameof(call.Output), Shape(output), isFp8 ? "bf16, f16 or f32" : $"{CallWords.WordOf(input.Type)} or f32");
        if (!float.IsFinite(call.Alpha)) throw Wrong(nameof(call.Alpha), Text($"{call.Alpha}"), "a finite number");

        if (call.Bias is { } bias)
        {
            var type = isFp8 && output.Type == ElementType.Float32 ? ElementType.BFloat16 : output.Type;
            if (bias.Type != type || bias.Count != weight.Rows)
                throw Wrong(nameof(call.Bias), Shape(bias), Text($"[1, {weight.Rows}] of {CallWords.WordOf(type)}: one element a row of the weight"));
        }

        CheckScales(call, isFp8);
        CheckPlace(nameof(call.Input), input, Alignment, memory, gpu);
        CheckPlace(nameof(call.Weight), weight, Alignment, memory, gpu);
        CheckPlace(nameof(call.Output), output, Alignment, memory, gpu);
        var scales = call.Scaling == MatmulScaling.Tensor ? sizeof(float) : Alignment;
        CheckPlace(nameof(call.Bias), call.Bias, Alignment, memory, gpu);
        CheckPlace(nameof(call.InputScale), call.InputScale, scales, memory, gpu);
        CheckPlace(nameof(call.WeightScale), call.WeightScale, scales, memory, gpu);
        ThrowIfOverlapping(output, nameof(call.Input), input);
        ThrowIfOverlapping(output, nameof(call.Weight), weight);
        ThrowIfOverlapping(output, nameof(call.Bias), call.Bias);
        ThrowIfOverlapping(output, nameof(call.InputScale), call.InputScale);
        ThrowIfOverlapping(output, nameof(call.WeightScale), call.WeightScale);
    }

    private static void CheckScales(in MatmulCall call, bool isFp8)
    {
        if (call.Scaling is < MatmulScaling.Tensor or > MatmulScaling.Block128) throw Wrong(nameof(call.Scaling), Text($"{(int)call.Scaling}"), "a kind of scales");
        if (!isFp8)
        {
            if (call.Scaling != MatmulScaling.Tensor) throw Wrong(nameof(call.Scaling), $"{call.Scaling}", "no scales, but for e4m3");
            if (call.InputScale is { } one) throw Wrong(nameof(call.InputScale), Shape(one), "null, but for e4m3");
            if (call.WeightScale is { } other) throw Wrong(nameof(call.WeightScale), Shape(other), "null, but for e4m3");
            if (call.FastAccumulation) throw Wrong(nameof(call.FastAccumulation), "set", "false, but for e4m3");
            return;
        }

        var (tokens, columns, blocks) = (call.Input.Rows, call.Weight.Rows, (call.Input.Columns + Block - 1) / Block);
        switch (call.Scaling)
        {
            case MatmulScaling.Tensor:
                CheckScale(nameof(call.InputScale), call.InputScale, 1, 1);
                CheckScale(nameof(call.WeightScale), call.WeightScale, 1, 1);
                break;
            case MatmulScaling.Row:
                CheckScale(nameof(call.InputScale), Given(nameof(call.InputScale), call.InputScale), 1, tokens);
                CheckScale(nameof(call.WeightScale), Given(nameof(call.WeightScale), call.WeightScale), 1, columns);
                break;
            default:
                if (call.Input.Columns % Block != 0) throw Wrong(nameof(call.Input), Shape(call.Input), "a multiple of 128 columns, for scales by block");
                if (call.FastAccumulation) throw Wrong(nameof(call.FastAccumulation), "set", "false, with scales by block");
                CheckScale(nameof(call.InputScale), Given(nameof(call.InputScale), call.InputScale), blocks, tokens);
                CheckScale(nameof(call.WeightScale), Given(nameof(call.WeightScale), call.WeightScale), (columns + Block - 1) / Block, (blocks + 3) / 4 * 4);
                break;
        }
    }

    private static DeviceTensor Given(string parameter, in DeviceTensor? scale) => scale ?? throw Wrong(parameter, "null", "the scales of e4m3 by row or by block");

    private static void CheckScale(string parameter, in DeviceTensor? scale, long rows, long columns)
    {
        if (scale is not { } tensor) return;
        var isVector = rows == 1 && tensor.Count == columns && (tensor.Rows == 1 || tensor.Columns == 1);
        if (tensor.Type == ElementType.Float32 && (isVector || (tensor.Rows == rows && tensor.Columns == columns))) return;
        throw Wrong(parameter, Shape(tensor), Text($"[{rows}, {columns}] of f32"));
    }

    private static void CheckSizes(string parameter, in DeviceTensor tensor)
    {
        if (tensor is { Rows: > 0 and <= int.MaxValue, Columns: > 0 and <= int.MaxValue }) return;
        throw Wrong(parameter, Shape(tensor), "1 row or more and 1 column or more, and no more than fit an int");
    }

    private static void CheckPlace(string parameter, in DeviceTensor? given, int alignment, IMemoryInspector memory, int gpu)
    {
        if (given is not { } tensor) return;
        if (tensor.Address == 0 || tensor.Address % (uint)alignment != 0)
            throw Wrong(parameter, Text($"at 0x{tensor.Address:x}"), Text($"an address that is a multiple of {alignment}"));
        var place = memory.Inspect(tensor.Address);
        if (place.Kind == MemoryKind.Managed || (place.Kind == MemoryKind.Device && place.Gpu == gpu)) return;
        throw Wrong(parameter, Text($"at 0x{tensor.Address:x}, {place.Words()}"), Text($"memory of GPU {gpu}"));
    }

    private static void ThrowIfOverlapping(in DeviceTensor output, string name, in DeviceTensor? other)
    {
        if (other is not { } tensor) return;
        var (a, b) = (output.Address, tensor.Address);
        // Unsigned: a negative difference wraps around and is larger than any length.
        if (b - a >= (ulong)output.Bytes && a - b >= (ulong)tensor.Bytes) return;
        throw Wrong(nameof(MatmulCall.Output), Text($"{Shape(output)} at 0x{a:x}, which overlaps {name} at 0x{b:x}"), "memory of its own");
    }

    private static string Shape(in DeviceTensor tensor) => Text($"[{tensor.Rows}, {tensor.Columns}] of {CallWords.WordOf(tensor.Type)}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static FusionArgumentException Wrong(string parameter, string found, string expected) => new(
        CublasLtErrorCodes.Argument, parameter, $"{parameter} of the matmul is {found}; allowed is {expected}. Nothing was launched.");
}
