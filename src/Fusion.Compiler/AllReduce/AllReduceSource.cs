using System.Globalization;
using System.Text;
using Fusion.Manifest;

namespace Fusion.Compiler.AllReduce;

/// <summary>Writes the source of a model's kernels: the SDK's algorithms with what is known of the calls as constants.</summary>
internal static class AllReduceSource
{
    /// <summary>The source.</summary>
    /// <param name="module">The kernels.</param>
    public static string Write(AllReduceModule module)
    {
        var text = new StringBuilder();
        text.Append(Line($"// Written by Fusion.Sdk for the item FusionAllReduce '{module.Item}'."))
            .Append("""
                #include <fusion/allreduce/epilogue_kernel.cuh>
                #include <fusion/allreduce/fixed_call.cuh>
                #include <fusion/allreduce/one_shot.cuh>
                #include <fusion/allreduce/two_shot.cuh>

                using namespace fusion;

                template <int Ranks>

                """)
            .Append(Line($"using Call = FixedCall<{module.HiddenSize}, Ranks, {Constants(module.Epilogue)}>;"));
        foreach (var kernel in module.Kernels)
        {
            text.Append('\n')
                .Append(Line($"extern \"C\" __global__ void __launch_bounds__({module.Threads}, {module.BlocksAtLeast})"))
                .Append(Line($"    {kernel}(const __grid_constant__ AllReduceParams params) {{"))
                .Append(Line($"  {Body(kernel)}(params);"))
                .Append("}\n");
        }

        return text.ToString();
    }

    private static string Body(AllReduceKernelName kernel)
    {
        var type = kernel.DataType == "f32" ? "float" : kernel.DataType;
        return kernel.Algorithm == AllReduceKernelName.EpilogueKernel
            ? Text($"epilogue_kernel<{type}, {kernel.Vectors}, Call<1>>")
            : Text($"{kernel.Algorithm}<{type}, {kernel.Peers}, {kernel.Vectors}, Call<{kernel.WorldSize}>>");
    }

    private static string Constants(EpilogueWords epilogue)
    {
        var (norm, quantization) = (epilogue.NormRow, epilogue.QuantizationRow);
        var group = epilogue.Group > 0 ? Text($", {epilogue.Group}, {Word(epilogue.GroupScaleIsUe8m0)}") : "";
        return Text($"{Word(epilogue.Residual)}, NormKind::{norm?.Name ?? "None"}, {norm?.WeightBias ?? 0}, QuantKind::{quantization?.Name ?? "None"}{group}");
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static string Line(FormattableString text) => Text(text) + "\n";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
